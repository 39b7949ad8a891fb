// Tidewire from Node: one stream of claims that keeps every worker supplied,
// jobs triggered in batches, and each worker's own progress report and
// completion, fenced by its claim's token.
'use strict';
const {Pool} = require('undici');
const {run} = require('./queue');
let pool, streaming;

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
	completed(i);
}

// Start each claim that the stream brings.
async function readClaims(body, claimed, completed) {
	let held = '';
	body.setEncoding('utf8');
	for await (const text of body) {
		const frames = (held + text).split('\n\n');
		held = frames.pop();
		for (const frame of frames) {
			const data = /^data: ?(.*)$/m.exec(frame);
			if (/^event: ?claim$/m.test(frame) && data)
				work(JSON.parse(data[1]), claimed, completed);
		}
	}
	throw new Error('the stream of claims ended');
}

run({
	async open({port, workers, claimed, completed}) {
		const url = `http://127.0.0.1:${port}`;
		pool = new Pool(url, {connections: workers});
		streaming = new Pool(url, {bodyTimeout: 0});
		await post('/api/jobs', {name: 'bench',
		    heartbeat_timeout_seconds: 600});
		const stream = await streaming.request({method: 'GET', path:
		    `/api/claims/stream?worker=bench&max=${workers}`});
		if (stream.statusCode !== 200)
			throw new Error(await stream.body.text());
		readClaims(stream.body, claimed, completed);
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
