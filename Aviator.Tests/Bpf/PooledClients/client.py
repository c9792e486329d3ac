"""Asks one URL from several workers over urllib3's pool for a while, and says how often that failed."""

import random
import sys
import threading
import time

import urllib3

url, workers, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
end = time.monotonic() + seconds
pool = urllib3.PoolManager(maxsize=workers, retries=False, timeout=5)
requests, failed = [], []


def work():
    n = 0
    while time.monotonic() < end:
        try:
            answer = pool.request("POST", url, body=b"body") if n % 2 else pool.request("GET", url)
            if answer.status != 200:
                failed.append(answer.status)
        except urllib3.exceptions.HTTPError as error:
            print(error, file=sys.stderr)
            failed.append(error)
        requests.append(n)
        n += 1
        time.sleep(random.random() * 0.06)


threads = [threading.Thread(target=work) for _ in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{len(requests)} requests, {len(failed)} failed")
