import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks one URL from several workers over HttpClient's pool for a while, and says how often that failed. */
public final class Client {
    private static final AtomicInteger REQUESTS = new AtomicInteger();
    private static final AtomicInteger FAILED = new AtomicInteger();

    public static void main(String[] args) throws InterruptedException {
        var url = URI.create(args[0]);
        var end = System.nanoTime() + (long) (Double.parseDouble(args[2]) * 1e9);
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var workers = new Thread[Integer.parseInt(args[1])];
        for (var i = 0; i < workers.length; i++) (workers[i] = new Thread(() -> work(client, url, end))).start();
        for (var worker : workers) worker.join();
        System.out.println(REQUESTS + " requests, " + FAILED + " failed");
    }

    private static void work(HttpClient client, URI url, long end) {
        for (var n = 0; System.nanoTime() < end; n++) {
            var request = HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(5));
            if (n % 2 == 1) request.POST(HttpRequest.BodyPublishers.ofString("body"));
            try {
                if (client.send(request.build(), BodyHandlers.ofString()).statusCode() != 200) FAILED.incrementAndGet();
            } catch (Exception error) {
                System.err.println(error);
                FAILED.incrementAndGet();
            }
            REQUESTS.incrementAndGet();
            try {
                Thread.sleep(ThreadLocalRandom.current().nextInt(60));
            } catch (InterruptedException stop) {
                return;
            }
        }
    }
}
