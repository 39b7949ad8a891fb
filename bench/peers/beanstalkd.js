// beanstalkd, in its own words: a connection for each worker, and as many that
// put jobs.  Nothing is pipelined: its answers would wait for each other (it
// leaves Nagle's algorithm on).  It keeps no progress, so `touch`, which it
// does not write down, stands for it, and deletes what is complete.
'use strict';
const net = require('net');
const {run} = require('./queue');
let producers, turn = 0;

// Commands out, answers in the same order.
class Connection {
	constructor(port) {
		this.socket = net.connect({host: '127.0.0.1', port});
		this.socket.setNoDelay(true);
		this.waiting = [];
		this.held = Buffer.alloc(0);
		this.socket.on('data', (bytes) => this.read(bytes));
	}

	ask(command) {
		this.socket.write(command);
		return new Promise((done) => this.waiting.push(done));
	}

	read(bytes) {
		this.held = this.held.length === 0 ? bytes :
		    Buffer.concat([this.held, bytes]);
		for (let size; (size = this.whole()) > 0;) {
			const text = this.held.toString('latin1', 0, size);
			this.held = this.held.subarray(size);
			this.waiting.shift()(text);
		}
	}

	// The size of the first answer; 0 unless all of it is here.
	whole() {
		const end = this.held.indexOf('\r\n') + 2;
		if (end < 2)
			return 0;
		const line = this.held.toString('latin1', 0, end);
		const body = /^(?:RESERVED \d+|OK) (\d+)\r\n$/.exec(line);
		const size = body ? end + Number(body[1]) + 2 : end;
		return size <= this.held.length ? size : 0;
	}
}

function expect(answer, wanted) {
	if (!answer.startsWith(wanted))
		throw new Error(`${wanted} expected, not ${answer}`);
	return answer;
}

async function work(port, claimed, completed) {
	const c = new Connection(port);
	for (;;) {
		const answer = expect(await c.ask('reserve\r\n'), 'RESERVED ');
		const [head, body] = answer.split('\r\n');
		const id = head.split(' ')[1], {i} = JSON.parse(body);
		claimed(i);
		expect(await c.ask(`touch ${id}\r\n`), 'TOUCHED');
		expect(await c.ask(`delete ${id}\r\n`), 'DELETED');
		completed(i);
	}
}

async function put(job) {
	const body = JSON.stringify(job);
	const producer = producers[turn++ % producers.length];
	expect(await producer.ask(
	    `put 0 0 600 ${body.length}\r\n${body}\r\n`), 'INSERTED');
}

run({
	async open({port, workers, claimed, completed}) {
		producers = Array.from({length: workers},
		    () => new Connection(port));
		for (let n = 0; n < workers; n++)
			work(port, claimed, completed);
	},

	create: (jobs) => Promise.all(jobs.map(put)),

	async count() {
		const stats = await producers[0].ask('stats\r\n');
		const of = (name) =>
		    Number(new RegExp(`${name}: (\\d+)`).exec(stats)[1]);
		return of('total-jobs') - of('current-jobs-ready') -
		    of('current-jobs-reserved') - of('current-jobs-delayed') -
		    of('current-jobs-buried');
	},

	async close() {},
});
