using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Aviator.Tests.Tooling.Processes;
using Xunit;
using static Aviator.Tests.Bpf.Http2Frames;

namespace Aviator.Tests.Bpf;

/// <summary>HTTP/2 in numbers: 50,000 calls against nghttp2's own count, and percentiles against the times of both ends.</summary>
[Collection(KernelCollection.Name)]
public sealed partial class Http2LoadTests(KernelFixture kernel, ITestOutputHelper output)
{
    private const double HistogramError = 1.0 / 16;

    /// <summary>A hundred calls and their answers in few segments: the server is nghttpd, the client h2load.</summary>
    [Fact]
    public void Nghttp2_50000CallsInHundredsAtOnce_AreCounted()
    {
        const int calls = 50_000;
        const int port = 8080;
        var server = new IPEndPoint(kernel.NextAddress(), port);
        var directory = Directory.CreateTempSubdirectory("aviator-nghttpd-");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "index.html"), "ok");
            using var nghttpd = ChildProcess.Start("nghttpd",
                ["nghttpd", "--no-tls", "-a", server.Address.ToString(), "-d", directory.FullName, $"{port}"]);
            WaitFor(server);
            var said = Command.Run("h2load", ["-n", $"{calls}", "-c", "4", "-m", "100", "-t", "1", $"http://{server}/index.html"]);
            output.WriteLine(said);
            Assert.Contains($"{calls} succeeded, 0 failed, 0 errored", said, StringComparison.Ordinal);
            var read = kernel.ReadUntil(server, e => e.Rif == 0);
            output.WriteLine($"{read.Traffic.Requests} counted, {read.Traffic.Unmeasured} unmeasured");
            Assert.InRange(read.Traffic.Requests, calls * 0.999, calls * 1.001);
            Assert.Equal((0L, 0L, 0L), (read.Traffic.Unanswered, read.Traffic.ServerErrors, read.Rif));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>
    /// One thread plays both ends of a connection with 100 calls under way, so that it knows of each call the least and the most that it
    /// took, however busy the machine: from after the request was written to before the answer was, and the other way round.
    /// </summary>
    [Theory]
    [InlineData(2, 20_000)]
    [InlineData(10, 20_000)]
    [InlineData(100, 15_000)]
    public void Percentiles_Of100AtOnce_AreWithinTheHistogramsError(int milliseconds, int calls)
    {
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Http2Pair();
        var (least, most) = OnOneCpu(() => Play(client, accepted, TimeSpan.FromMilliseconds(milliseconds), calls));
        var read = kernel.Read(server.Endpoint);
        output.WriteLine($"{read.Traffic.Requests} counted, {read.Traffic.Unmeasured} unmeasured");
        Assert.InRange(read.Traffic.Requests, calls * 0.999, calls * 1.001);
        Assert.Equal((0L, 0L), (read.Traffic.Unanswered, read.Rif));
        foreach (var quantile in new[] { 0.5, 0.99 })
        {
            var at = (int)Math.Ceiling(quantile * calls) - 1;
            var seen = read.Traffic.Latency.Quantile(quantile)!.Value;
            output.WriteLine($"{milliseconds} ms: p{quantile * 100} {least[at].TotalMilliseconds:F3} to " +
                $"{most[at].TotalMilliseconds:F3} ms by both ends, {seen.TotalMilliseconds:F3} ms in the kernel");
            Assert.InRange(seen, least[at] * (1 - HistogramError), most[at] * (1 + HistogramError));
        }
    }

    /// <summary>
    /// In a thread that stays on a CPU: each CPU hands its own segments to loopback, so those of a thread that moves overtake each other.
    /// </summary>
    private static unsafe T OnOneCpu<T>(Func<T> play)
    {
        var result = default(T);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                var mask = 1UL << (Thread.GetCurrentProcessorId() & 63);
                if (SetAffinity(0, sizeof(ulong), &mask) != 0) throw new InvalidOperationException("sched_setaffinity failed.");
                result = play();
            }
#pragma warning disable CA1031 // Thrown again where the thread is waited for.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException(failure.Message, failure);
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static unsafe partial int SetAffinity(int thread, nuint size, ulong* mask);

    private static (List<TimeSpan> Least, List<TimeSpan> Most) Play(Socket client, Socket accepted, TimeSpan serverTime, int calls)
    {
        const int atOnce = 100;
        var (least, most) = (new List<TimeSpan>(calls), new List<TimeSpan>(calls));
        var open = new Queue<(int Stream, long Before, long After)>();
        var buffer = new byte[1 << 16];
        for (var next = 0; next < calls || open.Count > 0;)
        {
            if (open.Count > 0 && Stopwatch.GetElapsedTime(open.Peek().After) >= serverTime)
            {
                var call = open.Dequeue();
                var before = Stopwatch.GetTimestamp();
                accepted.Write(Answer(call.Stream, EndStream, Status200));
                least.Add(Stopwatch.GetElapsedTime(call.After, before));
                most.Add(Stopwatch.GetElapsedTime(call.Before));
            }
            else if (next < calls && open.Count < atOnce)
            {
                var stream = 1 + (2 * next++);
                var before = Stopwatch.GetTimestamp();
                client.Write(Request(stream));
                open.Enqueue((stream, before, Stopwatch.GetTimestamp()));
            }

            if (client.Available > 0) client.Receive(buffer);
            if (accepted.Available > 0) accepted.Receive(buffer);
        }

        least.Sort();
        most.Sort();
        return (least, most);
    }

    private static void WaitFor(IPEndPoint server)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(server);
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(5))
            {
                Thread.Yield();
            }
        }
    }
}
