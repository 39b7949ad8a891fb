// A worker in JavaScript, written to the Restep SDK's call patterns: fetch,
// a JSON content type on every request, null bodies, nulls for whatever is
// not given.  Runs one execution to its end, or stops where it is told to;
// started again, it resumes from the last completed step's checkpoint.
//
//	node worker.mjs URL EXECUTION [STOP-BEFORE-STEP]
//
// Prints what it saw as one line of JSON.

const [url, id, stopBefore] = process.argv.slice(2);
const key = process.env.RESTEP_API_KEY || 'none';

async function call(method, path, body = null) {
	const response = await fetch(`${url}/api${path}`, {
		method,
		headers: {
			'Authorization': `Bearer ${key}`,
			'Content-Type': 'application/json',
		},
		body: body === null ? null : JSON.stringify(body),
	});
	const answer = await response.json();
	if (!response.ok)
		throw new Error(`${response.status} ${JSON.stringify(answer)}`);
	return answer;
}

const report = (action, body = null) =>
	call('POST', `/executions/${id}/${action}`, body);
const log = (level, message, data = null) =>
	report('log', {
		level, message, log_data: data,
		progress_percent: null, execution_step_id: null,
	});

const work = {
	extract: (input) => ({ rows: input.numbers, count: input.numbers.length }),
	transform: (input) => ({ doubled: input.data.map((n) => n * 2) }),
	load: (input) => ({ sum: input.doubled.reduce((a, b) => a + b, 0) }),
};

async function runStep(step, input, number, total) {
	await report(`steps/${step.id}/running`);
	await report('progress', {
		progress_percent: Math.floor(100 * number / total),
		current_step_name: step.name,
		current_step_index: step.step_index,
		metadata: {},
	});
	await report('log', { logs: [
		{ level: 'info', message: `start ${step.name}`, log_data: null },
		{ level: 'debug', message: 'input', log_data: input },
	] });
	await report(`steps/${step.id}/progress`, {
		progress_percent: 50, metadata: null, checkpoint_data: { half: true },
	});
	const artifacts = work[step.name](input);
	await report(`steps/${step.id}/completed`, {
		result_data: null, artifacts,
	});
	return artifacts;
}

async function main() {
	const beat = await report('heartbeat');
	const ran = [];
	let artifacts = null;

	for (;;) {
		const { data } = await call('GET', `/executions/${id}`);
		const step = data.steps.find((s) => s.status !== 'completed');
		if (step === undefined)
			break;
		if (step.name === stopBefore)
			return { ran, stopped: step.name };
		artifacts = await runStep(step, step.input_params,
			step.step_index, data.steps.length);
		ran.push(step.name);
	}
	await log('info', 'done');
	const { data } = await report('complete', { result_data: artifacts });
	return { ran, command: beat.data.command, status: data.status };
}

try {
	console.log(JSON.stringify(await main()));
} catch (error) {
	await report('fail', {
		error_message: String(error.message), error_type: error.name,
		error_stack: error.stack ?? null,
	}).catch(() => {});
	console.error(error);
	process.exit(1);
}
