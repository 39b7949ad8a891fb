// Tidewire from Node: whenever workers are free, as many claims as there are of
// them in one request that waits for work; jobs triggered in batches; and each
// worker's own progress report and completion, fenced by its claim's token and
// pipelined on a few connections, as the peers' libraries do with theirs.
'use strict';
const net = require('net');
const {run} = require('./queue');
const LINES = 4;	// connections for reports
let producer, claimer, lines, turn = 0, free, freed = () => {};

// Requests out, answers in the same order; what is asked in one turn of the
// event loop leaves in one packet.
class Line {
	constructor(port) {
		this.host = `127.0.0.1:${port}`;
		this.socket = net.connect({host: '127.0.0.1', port});
		this.socket.setNoDelay(true);
		this.socket.on('data', (bytes) => this.read(bytes));
		this.waiting = [];
		this.out = '';
		this.held = Buffer.alloc(0);
	}

	ask(method, path, body, token) {
		const text = body === undefined ? '' : JSON.stringify(body);
		if (this.out === '')
			setImmediate(() => this.flush());
		this.out += `${method} ${path} HTTP/1.1\r\nHost: ${this.host}` +
		    '\r\nContent-Type: application/json\r\n' +
		    (token ? `Authorization: Bearer ${token}\r\n` : '') +
		    `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
		return new Promise((done, fail) =>
		    this.waiting.push({done, fail, path}));
	}

	post(path, body, token) {
		return this.ask('POST', path, body, token);
	}

	flush() {
		this.socket.write(this.out);
		this.out = '';
	}

	read(bytes) {
		let at = 0, size;
		this.held = this.held.length === 0 ? bytes :
		    Buffer.concat([this.held, bytes]);
		while ((size = this.take(at)) > 0)
			at += size;
		this.held = this.held.subarray(at);
	}

	// Hand out the answer at that place; its size, 0 unless all is here.
	take(at) {
		const end = this.held.indexOf('\r\n\r\n', at) + 4;
		if (end < 4)
			return 0;
		const head = this.held.latin1Slice(at, end);
		const size = Number(/content-length: (\d+)/i.exec(head)[1]);
		if (end + size > this.held.length)
			return 0;
		const text = this.held.utf8Slice(end, end + size);
		const {done, fail, path} = this.waiting.shift();
		if (head[9] === '2')
			done(JSON.parse(text).data);
		else
			fail(new Error(`${path}: ${head} ${text}`));
		return end + size - at;
	}
}

async function work({execution, token}, claimed, completed) {
	const {i} = execution.input_params;
	const line = lines[turn++ % LINES];
	const path = `/api/executions/${execution.id}`;
	claimed(i);
	await line.post(`${path}/progress`, {progress_percent: 50}, token);
	await line.post(`${path}/complete`, {result_data: {rows: 1204}}, token);
	free++;
	freed();
	completed(i);
}

async function claim(claimed, completed) {
	for (;;) {
		if (free === 0)
			await new Promise((done) => { freed = done; });
		const claims = await claimer.post('/api/claims',
		    {worker: 'bench', max: Math.min(free, 100),
			wait_seconds: 30});
		free -= claims.length;
		for (const one of claims)
			work(one, claimed, completed);
	}
}

run({
	async open({port, workers, claimed, completed}) {
		producer = new Line(port);
		claimer = new Line(port);
		lines = Array.from({length: LINES}, () => new Line(port));
		free = workers;
		await producer.post('/api/jobs', {name: 'bench',
		    heartbeat_timeout_seconds: 600});
		claim(claimed, completed);
	},

	create: (jobs) => producer.post('/api/jobs/bench/trigger/batch',
	    {executions: jobs.map((job) => ({input_params: job}))}),

	async count() {
		const server = await producer.ask('GET', '/api/server');
		return server.executions.completed;
	},

	async close() {},
});
