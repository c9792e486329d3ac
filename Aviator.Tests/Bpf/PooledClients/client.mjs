// Asks one URL from several workers over an agent's pool for a while, and says how often that failed.
import http from "node:http";

const [url, workers, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const end = Date.now() + seconds * 1000;
const agent = new http.Agent({ keepAlive: true, maxSockets: workers });
let requests = 0, failed = 0;

const ask = (post) => new Promise((resolve) => {
  const request = http.request(url, { agent, method: post ? "POST" : "GET", timeout: 5000 }, (response) => {
    response.on("end", () => resolve(response.statusCode === 200)).on("error", () => resolve(false)).resume();
  });
  request.on("error", (error) => { console.error(error.message); resolve(false); });
  request.end(post ? "body" : undefined);
});

const work = async () => {
  for (let n = 0; Date.now() < end; n++) {
    if (!await ask(n % 2 === 1)) failed++;
    requests++;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  }
};

await Promise.all(Array.from({ length: workers }, work));
console.log(`${requests} requests, ${failed} failed`);
agent.destroy();
