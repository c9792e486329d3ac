using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>wrk with a new connection for each request: a client that is not ours, and much faster.</summary>
internal sealed partial class Wrk : IAsyncDisposable
{
    /// <summary>What the last change of a test did shows in requests that come after it.</summary>
    private static readonly TimeSpan Tail = TimeSpan.FromSeconds(3);

    private readonly ChildProcess _process;
    private readonly string _log;

    private Wrk(ChildProcess process, string log) => (_process, _log) = (process, log);

    /// <summary>Starts it for <paramref name="seconds"/>.</summary>
    /// <param name="target">The Service.</param>
    /// <param name="seconds">How long at most.</param>
    /// <param name="connections">Requests at a time.</param>
    /// <param name="prefix">A command that runs it elsewhere: in another network namespace.</param>
    public static Wrk Start(IPEndPoint target, int seconds, int connections = 8, IReadOnlyList<string>? prefix = null)
    {
        var log = Path.Combine(ClusterFixture.Artifacts, $"wrk-{Guid.NewGuid():N}.log");
        return new(ChildProcess.Start("wrk",
            [.. prefix ?? [], "wrk", "-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "5s", "-H", "Connection: close",
                $"http://{target}/"],
            new Dictionary<string, string>(), log), log);
    }

    /// <summary>Lets it go on for a moment, ends it, and takes the figures that it printed.</summary>
    public async Task<WrkResult> EndAsync(CancellationToken stop)
    {
        await Task.Delay(Tail, stop);
        _process.Send(Signal.Interrupt); // it prints its figures then, too
        await Waiting.UntilAsync("wrk to end", TimeLimits.ProgramEnd, () => Task.FromResult(_process.HasExited), stop);
        // What it printed last may still be on its way from the pipe into the log.
        var text = "";
        await Waiting.UntilAsync("wrk's figures", TimeLimits.Answer, async () =>
            Requests().IsMatch(text = await File.ReadAllTextAsync(_log, stop)), stop, () => $"it said: {text}");
        var requests = Requests().Match(text);
        var errors = SocketErrors().Match(text) is { Success: true } s ? s.Groups.Values.Skip(1)
            .Sum(g => int.Parse(g.Value, CultureInfo.InvariantCulture)) : 0;
        var bad = BadAnswers().Match(text) is { Success: true } b ? int.Parse(b.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        return new(int.Parse(requests.Groups[1].Value, CultureInfo.InvariantCulture), errors + bad, text);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex SocketErrors();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex BadAnswers();
}

/// <summary>What wrk counted.</summary>
/// <param name="Requests">Answered requests.</param>
/// <param name="Errors">Socket errors, timeouts and answers that were not 2xx or 3xx.</param>
/// <param name="Text">All that it printed.</param>
internal sealed record WrkResult(int Requests, int Errors, string Text);
