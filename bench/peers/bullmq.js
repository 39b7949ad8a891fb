// BullMQ on Redis: eight Workers, each on a connection of its own and with an
// eighth of the concurrency (faster than one of all or many of one), jobs added
// in bulk.  When a job is complete its worker gets the next in the same command.
'use strict';
const {Queue, Worker} = require('bullmq');
const {run} = require('./queue');
const WORKERS = 8;
const workers = [];
let queue;

run({
	async open(o) {
		const connection = {host: '127.0.0.1', port: o.port};
		queue = new Queue('bench', {connection});
		const work = async (job) => {
			o.claimed(job.data.i);
			await job.updateProgress(50);
			return {rows: 1204};
		};
		for (let n = 0; n < WORKERS; n++) {
			const worker = new Worker('bench', work, {connection,
			    concurrency: Math.ceil(o.workers / WORKERS)});
			worker.on('completed', (job) =>
			    o.completed(job.data.i));
			workers.push(worker);
		}
		for (const worker of workers)
			await worker.waitUntilReady();
	},

	create: (jobs) =>
	    queue.addBulk(jobs.map((data) => ({name: 'bench', data}))),

	count: () => queue.getCompletedCount(),

	async close() {
		for (const worker of workers)
			await worker.close(true);
		await queue.close();
	},
});
