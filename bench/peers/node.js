// Plain Node as an event stream server: one write() per subscriber and event.
// GET subscribes, POST shows its body to all.
'use strict';
const http = require('http');
const subscribers = new Set();
let seq = 0;

http.createServer((req, res) => {
	if (req.method === 'GET') {
		res.writeHead(200, {'Content-Type': 'text/event-stream',
		    'Cache-Control': 'no-cache'});
		res.write(': hi\n\n');
		res.socket.setNoDelay(true);
		subscribers.add(res);
		req.on('close', () => subscribers.delete(res));
		return;
	}
	const parts = [];
	req.on('data', (part) => parts.push(part));
	req.on('end', () => {
		const frame =
		    `id: 1-${++seq}\ndata: ${Buffer.concat(parts)}\n\n`;
		for (const one of subscribers)
			one.write(frame);
		res.writeHead(200, {'Content-Length': 0});
		res.end();
	});
}).listen(Number(process.argv[2]), '127.0.0.1', 4096);
