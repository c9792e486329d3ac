using System.Diagnostics;
using System.Text;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// Over 50,000 requests to servers of 2, 10 and 100 ms, the kernel's counts and percentiles against the server's own stamps.
/// </summary>
[Collection(KernelCollection.Name)]
public sealed class AccuracyTests(KernelFixture kernel, ITestOutputHelper output)
{
    private const double HistogramError = 1.0 / 16;
    private static readonly TimeSpan Fixed = TimeSpan.FromMilliseconds(0.1);

    [Fact]
    public async Task Percentiles_Of50000Requests_AreTheServersOwn()
    {
        (int DelayMs, int Connections, int Requests)[] servers = [(2, 16, 1100), (10, 64, 275), (100, 400, 44)];
        using var app = new TestApp(kernel.NextAddress(), fromArrival: true);
        var before = kernel.Read(app.Endpoint).Traffic;
        foreach (var server in servers)
        {
            await Load(app, server.DelayMs, server.Connections, server.Requests);
            var after = kernel.ReadUntil(app.Endpoint, e => e.Rif == 0).Traffic;
            var measured = after.Latency.Since(before.Latency)!;
            before = after;
            var truth = app.TakeSamples();
            Assert.Equal(server.Connections * server.Requests, truth.Count);
            Assert.InRange(measured.Count, truth.Count * 0.999, truth.Count * 1.001);
            foreach (var quantile in new[] { 0.5, 0.99 })
            {
                var (own, seen) = (truth[(int)Math.Ceiling(quantile * truth.Count) - 1], measured.Quantile(quantile)!.Value);
                output.WriteLine($"{server.DelayMs} ms, {truth.Count} requests, {measured.Count} counted: p{quantile * 100} " +
                    $"{own.TotalMilliseconds:F3} ms by the server, {seen.TotalMilliseconds:F3} ms in the kernel");
                Assert.InRange(seen, (own * (1 - HistogramError - 0.02)) - Fixed, (own * (1 + HistogramError + 0.02)) + Fixed);
            }
        }

        Assert.True(before.Requests >= 50_000);
        Assert.Equal((0L, 0L), (before.Unanswered, before.Unmeasured));
    }

    /// <summary>
    /// Kept-alive connections whose requests are spread evenly over the server's delay, so that none waits for another in the server.
    /// </summary>
    private static async Task Load(TestApp app, int delayMs, int connections, int requests)
    {
        var sockets = app.Connect(connections);
        var request = Encoding.ASCII.GetBytes($"GET /?delay={delayMs} HTTP/1.1\r\nHost: pod\r\n\r\n");
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(sockets.Select((socket, i) => Task.Run(async () =>
        {
            var start = TimeSpan.FromMilliseconds((double)delayMs * i / connections);
            while (Stopwatch.GetElapsedTime(began) < start) await Task.Yield();
            var buffer = new byte[4096];
            for (var n = 0; n < requests; n++)
            {
                await socket.SendAsync(request, TestContext.Current.CancellationToken);
                if (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) == 0) throw new EndOfStreamException();
            }
        }, TestContext.Current.CancellationToken)));
        foreach (var socket in sockets) socket.Dispose();
    }
}
