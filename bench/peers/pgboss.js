// pg-boss on PostgreSQL: its workers are woken by NOTIFY and go on without a
// pause while there is more.  Each is given BATCH jobs at a time, which it
// touches and completes together.  It keeps no progress; `touch` writes that a
// job is alive.
'use strict';
const {PgBoss} = require('pg-boss');
const {run, watchQueries} = require('./queue');
const BATCH = Number(process.env.BATCH ?? 1);
let boss;

run({
	async open({port, workers, claimed, completed}) {
		const done = new Map();
		boss = new PgBoss({host: '127.0.0.1', port, user: 'postgres',
		    database: 'postgres', max: 16,
		    useListenNotify: true, supervise: false, schedule: false});
		boss.on('error', (error) => console.error(error));
		await boss.start();
		await boss.createQueue('bench', {notify: true});
		watchQueries(boss.getDb(), 'executeSql', done, completed);
		await boss.work('bench', {batchSize: BATCH,
		    localConcurrency: Math.ceil(workers / BATCH),
		    burstWhenBatchFull: true, pollingIntervalSeconds: 0.5,
		    notifyPollingIntervalSeconds: 0.5,
		}, async (jobs) => {
			for (const job of jobs)
				claimed(job.data.i);
			await boss.touch('bench', jobs.map((job) => job.id));
			for (const job of jobs)
				done.set(job.id, job.data.i);
			return {rows: 1204};
		});
	},

	create: (jobs) =>
	    boss.insert('bench', jobs.map((data) => ({data}))),

	async count() {
		const {rows} = await boss.getDb().executeSql(
		    'SELECT count(*) AS n FROM pgboss.job ' +
		    "WHERE name = 'bench' AND state = 'completed'");
		return Number(rows[0].n);
	},

	close: () => boss.stop({graceful: false}),
});
