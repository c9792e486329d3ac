using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Aviator.Tests.GrpcApp;
using Aviator.Tests.Tooling;
using Grpc.Core;
using Grpc.Net.Client;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>One call.</summary>
/// <param name="Started">On the traffic's clock.</param>
/// <param name="Pod">The pod that answered; empty when the call failed.</param>
/// <param name="Streamed">Whether its answer was a stream.</param>
/// <param name="Failure">Why it failed; null when it did not.</param>
internal sealed record GrpcCall(TimeSpan Started, string Pod, bool Streamed, string? Failure);

/// <summary>Callers of a Service by gRPC: a connection for each call, and unary and server-streaming calls in turn.</summary>
internal sealed class GrpcTraffic : IAsyncDisposable
{
    private const int Callers = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(60);
    private readonly ConcurrentQueue<GrpcCall> _calls = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly string _service;
    private readonly Task _callers;

    private GrpcTraffic(IPEndPoint service)
    {
        _service = $"http://{service}";
        _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync)));
    }

    /// <summary>Time since the traffic began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_began);

    /// <summary>Begins to call.</summary>
    public static GrpcTraffic Start(IPEndPoint service) => new(service);

    /// <summary>
    /// Has each pod answer both kinds of call once: the first one compiles the server's code, which takes seconds on a busy machine.
    /// </summary>
    public static async Task WarmUpAsync(IEnumerable<IPEndPoint> pods)
    {
        foreach (var pod in pods)
        {
            using var channel = GrpcChannel.ForAddress($"http://{pod}");
            foreach (var streamed in new[] { false, true }) await PodAsync(channel.CreateCallInvoker(), streamed, TimeLimits.ProgramReady);
        }
    }

    /// <summary>Ends, once the calls under way are answered.</summary>
    /// <returns>All calls.</returns>
    public async Task<IReadOnlyCollection<GrpcCall>> StopAsync()
    {
        await _ended.CancelAsync();
        await _callers;
        return _calls;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ended.Dispose();
    }

    private async Task CallAsync()
    {
        for (var streamed = false; !_ended.IsCancellationRequested; streamed = !streamed)
        {
            var started = Now;
            try
            {
                using var channel = GrpcChannel.ForAddress(_service);
                _calls.Enqueue(new(started, await PodAsync(channel.CreateCallInvoker(), streamed, TimeLimits.Answer), streamed, null));
            }
            catch (RpcException error)
            {
                _calls.Enqueue(new(started, "", streamed, error.Status.ToString()));
            }

            await Task.Delay(Pause, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<string> PodAsync(CallInvoker calls, bool streamed, TimeSpan limit)
    {
        var options = new CallOptions(deadline: DateTime.UtcNow + limit);
        if (!streamed)
        {
            using var unary = calls.AsyncUnaryCall(AnswerService.Unary, null, options, "");
            return await unary.ResponseAsync;
        }

        using var stream = calls.AsyncServerStreamingCall(AnswerService.Stream, null, options, "");
        var (pod, messages) = ("", 0);
        for (; await stream.ResponseStream.MoveNext(CancellationToken.None); messages++) pod = stream.ResponseStream.Current;
        return messages == AnswerService.Messages
            ? pod
            : throw new RpcException(new(StatusCode.DataLoss, $"{messages} of {AnswerService.Messages} messages came"));
    }
}
