using System.Net.Sockets;

namespace Aviator.AppHost.Plain;

/// <summary>Asks the parts how they are, as a kubelet would.</summary>
/// <param name="redis">The Redis that runs; null without one.</param>
internal sealed class HealthCheck(LocalRedis? redis) : IDisposable
{
    private const int MaxReason = 300;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);
    private readonly HttpClient _http = new() { Timeout = AnswerLimit };

    /// <summary>Asks one.</summary>
    /// <returns>Null when it is ready, else what is wrong.</returns>
    public async Task<string?> AskAsync(RunningPart running, CancellationToken stop)
    {
        if (running.ExitCode is { } code) return running.Part.Kind == PartKind.Step && code == 0 ? null : $"it ended with {code}";
        try
        {
            return running.Part switch
            {
                { Kind: PartKind.Step } => "still at work",
                { Kind: PartKind.Redis } => await RedisAsync(stop),
                { Port: { } port } => await ReadyAsync(port, stop),
                _ => null,
            };
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return e is OperationCanceledException ? $"no answer within {AnswerLimit.TotalSeconds:0} s" : e.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string?> RedisAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(AnswerLimit);
        return redis is not null && await redis.AnswersAsync(limit.Token) ? null : "it does not answer a PING";
    }

    private async Task<string?> ReadyAsync(int port, CancellationToken stop)
    {
        using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"), stop);
        if (answer.IsSuccessStatusCode) return null;
        var reason = await answer.Content.ReadAsStringAsync(stop);
        return $"{(int)answer.StatusCode} {reason[..Math.Min(reason.Length, MaxReason)].ReplaceLineEndings(" ")}";
    }
}
