// Tidewire from Node: whenever workers are free, as many claims as there are of
// them in one request that waits for work; jobs triggered in batches; and each
// worker's own progress report and completion on its own connection, fenced by
// its claim's token.
'use strict';
const net = require('net');
const {run} = require('./queue');
const producers = [];
let server, claimer, idle, freed = () => {};

// A keep-alive connection: one request at a time.
class Line {
	constructor(port) {
		this.host = `127.0.0.1:${port}`;
		this.socket = net.connect({host: '127.0.0.1', port});
		this.socket.setNoDelay(true);
		this.socket.on('data', (bytes) => this.read(bytes));
		this.held = Buffer.alloc(0);
	}

	ask(method, path, body, token) {
		const text = body === undefined ? '' : JSON.stringify(body);
		this.socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${this.host}` +
		    '\r\nContent-Type: application/json\r\n' +
		    (token ? `Authorization: Bearer ${token}\r\n` : '') +
		    `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
		return new Promise((done, fail) => {
			this.asked = {done, fail, path};
		});
	}

	post(path, body, token) {
		return this.ask('POST', path, body, token);
	}

	// The answer, once all of it is here.
	read(bytes) {
		this.held = this.held.length === 0 ? bytes :
		    Buffer.concat([this.held, bytes]);
		const end = this.held.indexOf('\r\n\r\n') + 4;
		const head = this.held.latin1Slice(0, end);
		const size = Number(/content-length: (\d+)/i.exec(head)?.[1]);
		if (!(end + size <= this.held.length))
			return;
		const text = this.held.utf8Slice(end, end + size);
		const {done, fail, path} = this.asked;
		this.held = this.held.subarray(end + size);
		if (head[9] === '2')
			done(JSON.parse(text).data);
		else
			fail(new Error(`${path}: ${head} ${text}`));
	}
}

async function work(line, {execution, token}, claimed, completed) {
	const {i} = execution.input_params;
	const path = `/api/executions/${execution.id}`;
	claimed(i);
	await line.post(`${path}/progress`, {progress_percent: 50}, token);
	await line.post(`${path}/complete`, {result_data: {rows: 1204}}, token);
	idle.push(line);
	freed();
	completed(i);
}

async function claim(claimed, completed) {
	for (;;) {
		if (idle.length === 0)
			await new Promise((done) => { freed = done; });
		const claims = await claimer.post('/api/claims',
		    {worker: 'bench', max: Math.min(idle.length, 100),
			wait_seconds: 30});
		for (const one of claims)
			work(idle.pop(), one, claimed, completed);
	}
}

// A producer whose answer is there, or one more.
async function trigger(jobs) {
	const producer = producers.pop() ?? new Line(server);
	await producer.post('/api/jobs/bench/trigger/batch',
	    {executions: jobs.map((job) => ({input_params: job}))});
	producers.push(producer);
}

run({
	async open({port, workers, claimed, completed}) {
		server = port;
		claimer = new Line(port);
		producers.push(new Line(port));
		idle = Array.from({length: workers}, () => new Line(port));
		await producers[0].post('/api/jobs', {name: 'bench',
		    heartbeat_timeout_seconds: 600});
		claim(claimed, completed);
	},

	create: trigger,

	async count() {
		const data = await producers[0].ask('GET', '/api/server');
		return data.executions.completed;
	},

	async close() {},
});
