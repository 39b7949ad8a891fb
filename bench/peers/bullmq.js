// BullMQ on Redis: one Worker of that concurrency, jobs added in bulk.  When a
// job is complete its worker is handed the next in the same command.
'use strict';
const {Queue, Worker} = require('bullmq');
const {run} = require('./queue');
let queue, worker;

run({
	async open({port, workers, claimed, completed}) {
		const connection = {host: '127.0.0.1', port};
		queue = new Queue('bench', {connection});
		worker = new Worker('bench', async (job) => {
			claimed(job.data.i);
			await job.updateProgress(50);
			return {rows: 1204};
		}, {connection, concurrency: workers});
		worker.on('completed', (job) => completed(job.data.i));
		await worker.waitUntilReady();
	},

	create: (jobs) =>
	    queue.addBulk(jobs.map((data) => ({name: 'bench', data}))),

	count: () => queue.getCompletedCount(),

	async close() {
		await worker.close(true);
		await queue.close();
	},
});
