// Restate: a service of one handler that runs here, called through its ingress;
// the answer to a call means that the invocation is complete.  Progress is a
// step of the handler's journal (ctx.run).
'use strict';
const http2 = require('http2');
const restate = require('@restatedev/restate-sdk');
const {Agent} = require('undici');
const {run} = require('./queue');
let agent, base, completed, answered = 0;

function service(claimed) {
	return restate.service({name: 'bench', handlers: {
		async job(ctx, {i}) {
			claimed(i);
			await ctx.run('progress', () => ({percent: 50}));
			return {rows: 1204};
		},
	}});
}

// The handlers' own server, and Restate told of it.
async function serve(admin, claimed) {
	const handler = restate.createEndpointHandler({
	    services: [service(claimed)],
	    logger: () => {}});
	const server = http2.createServer(handler).listen(0, '127.0.0.1');
	await new Promise((done) => server.once('listening', done));
	const uri = `http://127.0.0.1:${server.address().port}`;
	const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
	    method: 'POST', headers: {'content-type': 'application/json'},
	    body: JSON.stringify({uri})});
	if (!answer.ok)
		throw new Error(await answer.text());
}

async function call(job) {
	const answer = await agent.request({origin: base, path: '/bench/job',
	    method: 'POST', headers: {'content-type': 'application/json'},
	    body: JSON.stringify(job)});
	const text = await answer.body.text();
	if (answer.statusCode !== 200)
		throw new Error(`${answer.statusCode} ${text}`);
	answered++;
	completed(job.i);
}

run({
	async open(o) {
		completed = o.completed;
		base = `http://127.0.0.1:${o.port}`;
		agent = new Agent({connections: o.workers});
		await serve(Number(process.env.ADMIN_PORT), o.claimed);
	},

	create: (jobs) => Promise.all(jobs.map(call)),

	count: async () => answered,

	close: () => agent.close(),
});
