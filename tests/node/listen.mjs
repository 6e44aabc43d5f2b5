// A client as anybody would write it from the documents' words alone: connect, listen for
// `engagement:update` and `anomaly:detected`, keep a window of 60 points, know if connected.
// It prints what it sees, one JSON object per line; a line of input is its next command.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, options] = [process.argv[2], JSON.parse(process.argv[3] ?? "{}")];
const tell = (what, more) => console.log(JSON.stringify({ what, ...more }));

const socket = io(url, { reconnectionDelay: 200, reconnectionDelayMax: 400, ...options });
let points = [];

socket.on("connect", () => tell("connected", { recovered: socket.recovered }));
socket.on("disconnect", (reason) => tell("disconnected", { reason }));
socket.on("connect_error", (error) => tell("refused", { error: error.message }));
socket.on("engagement:update", (point) => {
  points = [...points, point].slice(-60);
  tell("update", { point, window: points.map((p) => p.timestamp) });
});
socket.on("anomaly:detected", (anomaly) => tell("anomaly", { anomaly }));
socket.on("agent:error", (problem) => tell("problem", { problem }));

createInterface({ input: process.stdin }).on("line", (line) => {
  const { say, payload, cut } = JSON.parse(line);
  if (cut) socket.io.engine.close(); // the line breaks; the client comes back by itself
  else socket.emit(say, payload, (answer) => tell("answer", { answer }));
}).on("close", () => process.exit(0));
