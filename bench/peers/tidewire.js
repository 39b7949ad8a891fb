// Tidewire from Node: whenever workers are free, as many claims as there are of
// them in one request that waits for work; jobs triggered in batches; and each
// worker's own progress report and completion, fenced by its claim's token.
'use strict';
const {Pool} = require('undici');
const {run} = require('./queue');
let pool, free, freed = () => {};

async function post(path, body, token) {
	const headers = {'content-type': 'application/json'};
	if (token)
		headers.authorization = `Bearer ${token}`;
	const answer = await pool.request({method: 'POST', path, headers,
	    body: JSON.stringify(body)});
	const text = await answer.body.text();
	if (answer.statusCode >= 300)
		throw new Error(`${path}: ${answer.statusCode} ${text}`);
	return JSON.parse(text).data;
}

async function work({execution, token}, claimed, completed) {
	const {i} = execution.input_params;
	const path = `/api/executions/${execution.id}`;
	claimed(i);
	await post(`${path}/progress`, {progress_percent: 50}, token);
	await post(`${path}/complete`, {result_data: {rows: 1204}}, token);
	free++;
	freed();
	completed(i);
}

async function claim(claimed, completed) {
	for (;;) {
		if (free === 0)
			await new Promise((done) => { freed = done; });
		const claims = await post('/api/claims',
		    {worker: 'bench', max: Math.min(free, 100),
			wait_seconds: 30});
		free -= claims.length;
		for (const one of claims)
			work(one, claimed, completed);
	}
}

run({
	async open({port, workers, claimed, completed}) {
		pool = new Pool(`http://127.0.0.1:${port}`,
		    {connections: workers + 2});
		free = workers;
		await post('/api/jobs', {name: 'bench',
		    heartbeat_timeout_seconds: 600});
		claim(claimed, completed);
	},

	create: (jobs) => post('/api/jobs/bench/trigger/batch', {executions:
	    jobs.map((job) => ({input_params: job}))}),

	async count() {
		const answer = await pool.request({method: 'GET',
		    path: '/api/server'});
		return (await answer.body.json()).data.executions.completed;
	},

	async close() {},
});
