// What the drivers of queues share: jobs are made, each is claimed, reports
// progress and completes; every one is counted, and what that cost the server
// is read from /proc.  A driver is one file here, named after its server, that
// calls run() with
//
//   open({port, workers, claimed, completed})   connect, and start the workers
//   create(jobs)       make them; resolves when the server has them safely
//   count()            how many the server says are complete
//   close()
//
// It calls claimed(i) when a worker holds job i, and completed(i) when the
// server has answered that it is complete.  jobs are [{i, ...}], the payload.
'use strict';
const fs = require('fs');

const WARM = 2000;		// jobs before the measured ones
const HUNG_MS = 60000;		// no completion for so long: give up
const PAUSE_MS = 2;		// between two jobs of the wake-up measurement
const WAKE_MS = 20000;		// at most, all of them
const TICKS = 100;		// of /proc/PID/stat in a second

// ---- what the server uses -----------------------------------------------

function readOr(path, otherwise) {
	try {
		return fs.readFileSync(path, 'latin1');
	} catch {
		return otherwise;	// it ended meanwhile
	}
}

// The fields behind the name: state, ppid, ...
function statOf(pid) {
	const text = readOr(`/proc/${pid}/stat`, '');
	return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

// A process and all below it.
function treeOf(root) {
	const children = new Map();
	for (const name of fs.readdirSync('/proc')) {
		if (!/^\d+$/.test(name))
			continue;
		const parent = Number(statOf(name)[1]);
		children.set(parent,
		    [...(children.get(parent) ?? []), Number(name)]);
	}
	const tree = [root];
	for (const pid of tree)
		tree.push(...(children.get(pid) ?? []));
	return tree;
}

// CPU seconds so far, of those that have ended as well.
function cpuOf(root) {
	let ticks = 0;
	for (const pid of treeOf(root)) {
		const fields = statOf(pid);
		for (const at of [11, 12, 13, 14])
			ticks += Number(fields[at] ?? 0);
	}
	return ticks / TICKS;
}

// Resident MiB; what processes share is counted once.
function memoryOf(root) {
	let kib = 0;
	for (const pid of treeOf(root)) {
		const text = readOr(`/proc/${pid}/smaps_rollup`, '');
		kib += Number(/^Pss: +(\d+)/m.exec(text)?.[1] ?? 0);
	}
	return kib / 1024;
}

// ---- counting --------------------------------------------------------------

function die(why) {
	process.stderr.write(`bench: ${why}\n`);
	process.exit(1);
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// A job's input, of the usual kind and size.
function payload(i) {
	return {i, document: `https://files.example.com/${i}.pdf`, pages: 42,
	    language: 'en', customer: i % 5000, region: 'eu-central-1',
	    options: {tables: true, images: false, deadline_seconds: 600}};
}

function quantile(sorted, share) {
	if (sorted.length === 0)
		return NaN;
	return sorted[Math.min(sorted.length - 1,
	    Math.floor(share * sorted.length))];
}

function say(name, ...values) {
	console.log(name, ...values.map((v) =>
	    typeof v === 'number' ? Number(v.toPrecision(4)) : v));
}

function sayLatency(name, list) {
	const sorted = Float64Array.from(list).sort();
	say(name, 'p50', quantile(sorted, 0.5), 'p99', quantile(sorted, 0.99));
}

// All jobs so far, and what is to happen at the next claim and completion.
class Ledger {
	constructor() {
		this.born = [];		// ms, of each job
		this.claims = [];	// how often each was claimed
		this.ends = [];		// and completed
		this.ended = 0;
		this.last = performance.now();
		this.onClaim = this.onEnd = () => {};
	}

	make() {
		const i = this.born.length;
		this.born.push(performance.now());
		this.claims.push(0);
		this.ends.push(0);
		return payload(i);
	}

	claimed(i) {
		this.claims[i]++;
		this.onClaim(performance.now() - this.born[i]);
	}

	completed(i) {
		this.last = performance.now();
		this.ends[i]++;
		this.ended++;
		this.onEnd(this.last - this.born[i]);
	}

	// Every job was claimed once and completed once, says everybody.
	verify(counted) {
		const made = this.born.length;
		const odd = this.born.filter((_, i) =>
		    this.claims[i] !== 1 || this.ends[i] !== 1).length;
		if (odd > 0 || counted !== made)
			die(`of ${made} jobs ${odd} were not claimed and ` +
			    `completed once; the server counts ${counted}`);
		say('complete', made, 'exactly_once', 'yes');
	}
}

// Keep `room` jobs under way until n more are complete.
function flow(driver, ledger, n, room) {
	const until = ledger.ended + n;
	let left = n, flying = 0, filling = false;

	function fill() {
		const jobs = [];
		filling = false;
		for (; flying < room && left > 0; flying++, left--)
			jobs.push(ledger.make());
		if (jobs.length > 0)
			driver.create(jobs).catch((error) => die(error.stack));
	}

	return new Promise((done) => {
		ledger.onEnd = () => {
			flying--;
			if (ledger.ended === until)
				return done();
			if (!filling) {
				filling = true;
				setImmediate(fill);
			}
		};
		fill();
	});
}

async function measureRate(driver, ledger, o) {
	await flow(driver, ledger, WARM, o.room);
	const latency = [], cpu = cpuOf(o.pid), start = performance.now();
	const client = process.cpuUsage();
	const over = flow(driver, ledger, o.jobs, o.room);
	const count = ledger.onEnd;
	ledger.onEnd = (ms) => {
		latency.push(ms);
		count(ms);
	};
	await over;
	const seconds = (performance.now() - start) / 1000;
	const used = cpuOf(o.pid) - cpu;
	const own = process.cpuUsage(client);
	say('lifecycles_per_s', o.jobs / seconds);
	say('server_cpu_s_per_1000', used * 1000 / o.jobs);
	say('client_cpu_s_per_1000', (own.user + own.system) / 1e3 / o.jobs);
	sayLatency('latency_ms', latency);
	say('memory_mib', memoryOf(o.pid));
}

// One job at a time, all workers waiting for it.
async function measureWake(driver, ledger, o) {
	const wakes = [], until = performance.now() + WAKE_MS;
	ledger.onClaim = (ms) => wakes.push(ms);
	while (wakes.length < o.wakes && performance.now() < until) {
		await sleep(PAUSE_MS);
		await new Promise((done) => {
			ledger.onEnd = done;
			driver.create([ledger.make()])
			    .catch((error) => die(error.stack));
		});
	}
	say('wakeups', wakes.length);
	sayLatency('wakeup_ms', wakes);
}

function watchHung(ledger) {
	setInterval(() => {
		if (performance.now() - ledger.last > HUNG_MS)
			die(`nothing completed for ${HUNG_MS / 1000} s; ` +
			    `${ledger.ended} of ${ledger.born.length} were`);
	}, 1000).unref();
}

async function measure(driver, o) {
	const ledger = new Ledger();
	watchHung(ledger);
	await driver.open({port: o.port, workers: o.workers,
	    claimed: (i) => ledger.claimed(i),
	    completed: (i) => ledger.completed(i)});
	await measureRate(driver, ledger, o);
	await measureWake(driver, ledger, o);
	ledger.verify(await driver.count());
	await driver.close();
}

// node NAME.js PORT PID JOBS WORKERS WAKEUPS
function run(driver) {
	const [port, pid, jobs, workers, wakes] =
	    process.argv.slice(2).map(Number);
	process.on('unhandledRejection', (error) => die(error?.stack ?? error));
	measure(driver, {port, pid, jobs, workers, wakes, room: workers})
	    .then(() => process.exit(0), (error) => die(error.stack));
}

// For libraries that do not say when a completion is stored: look on at the
// queries that object.query() makes.  An answered one completes the jobs that
// it names and that `done`, id to index, holds.
function watchQueries(object, query, done, completed) {
	const ask = object[query];
	object[query] = async function (...args) {
		const answer = await ask.apply(this, args);
		const values = args[1] ?? args[0].values ?? [];
		for (const id of values.flat())
			if (done.has(id)) {
				completed(done.get(id));
				done.delete(id);
			}
		return answer;
	};
}

module.exports = {run, watchQueries};
