// From bench/fanout to Pushpin: each body POSTed here becomes one event that
// Pushpin is told to show.  It closes each connection on which it is told
// something, which the client does not expect; hence this, on the client's
// core and not counted.
'use strict';
const http = require('http');
const [port, push] = process.argv.slice(2).map(Number);
let seq = 0;

function tell(text, done) {
	const content = `id: 1-${++seq}\ndata: ${text}\n\n`;
	const body = JSON.stringify({items: [{channel: 'load',
	    formats: {'http-stream': {content}}}]});
	http.request({host: '127.0.0.1', port: push, path: '/publish/',
	    method: 'POST'}, (answer) => {
		answer.resume();
		answer.on('end', () => done(answer.statusCode));
	}).on('error', () => done(502)).end(body);
}

http.createServer((req, res) => {
	const parts = [];
	req.on('data', (part) => parts.push(part));
	req.on('end', () => tell(Buffer.concat(parts), (status) => {
		res.writeHead(status, {'Content-Length': 0});
		res.end();
	}));
}).listen(port, '127.0.0.1').keepAliveTimeout = 0;
