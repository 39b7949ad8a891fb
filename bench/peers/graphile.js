// Graphile Worker on PostgreSQL: one pool of that concurrency that fetches and
// completes in batches (its localQueue), woken by NOTIFY.  It keeps no
// progress, so a job writes its own into a table beside, and it deletes what is
// complete.
'use strict';
const {Logger, makeWorkerUtils, run: start} = require('graphile-worker');
const {Pool} = require('pg');
const {EventEmitter} = require('events');
const {run, watchQueries} = require('./queue');
const logger = new Logger(() => () => {});
let pool, utils, runner, made = 0;

run({
	async open({port, workers, claimed, completed}) {
		const events = new EventEmitter(), done = new Map();
		pool = new Pool({host: '127.0.0.1', port, user: 'postgres',
		    database: 'postgres', max: 32});
		pool.on('error', (error) => console.error(error));
		pool.on('connect', (client) => {
			client.on('error', (error) => console.error(error));
			watchQueries(client, 'query', done, completed);
		});
		utils = await makeWorkerUtils({pgPool: pool, logger});
		await utils.migrate();
		await pool.query('CREATE TABLE progress ' +
		    '(job bigint PRIMARY KEY, percent int NOT NULL)');
		events.on('job:success', ({job}) =>
		    done.set(job.id, job.payload.i));
		events.on('job:error', ({error}) => {
			throw error;
		});
		runner = await start({pgPool: pool, events,
		    logger, noHandleSignals: true, concurrency: workers,
		    preset: {worker: {
			localQueue: {size: workers + 1},
			completeJobBatchDelay: 0, failJobBatchDelay: 0,
		    }},
		    taskList: {async bench({i}, helpers) {
			claimed(i);
			await helpers.query('INSERT INTO progress VALUES ' +
			    '($1, 50) ON CONFLICT (job) DO UPDATE ' +
			    'SET percent = excluded.percent', [helpers.job.id]);
		    }},
		});
	},

	create(jobs) {
		made += jobs.length;
		return utils.addJobs(jobs.map((payload) =>
		    ({identifier: 'bench', payload})));
	},

	async count() {
		const {rows} = await pool.query(
		    'SELECT count(*) AS n FROM graphile_worker.jobs');
		return made - Number(rows[0].n);
	},

	close: () => runner.stop(),
});
