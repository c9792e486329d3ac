using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aviator.Agent.Steering;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aviator.Agent.Bpf;

/// <summary>One line of JSON: how well this kernel measures.</summary>
/// <param name="Kernel">The kernel's release.</param>
/// <param name="Hooks">The hooks in use; null when there are none.</param>
/// <param name="Requests">Requests made.</param>
/// <param name="Counted">Requests counted.</param>
/// <param name="Lost">Requests made but not counted.</param>
/// <param name="ReportedLoss">Losses that the product itself knows of.</param>
/// <param name="RecursionMisses">Of these, program runs left out by the kernel.</param>
/// <param name="InFlightReadable">Whether a request showed that waited on a connection which nothing had accepted.</param>
/// <param name="Tried">Every set of hooks tried: name, and why it failed.</param>
/// <param name="Result">"exact", "known loss", "unknown loss" or "unavailable".</param>
/// <param name="Reason">Why it is unavailable, or why the test failed; null otherwise.</param>
internal sealed record SelfTestReport(
    string Kernel, string? Hooks, int Requests, long Counted, long Lost, long ReportedLoss, long RecursionMisses,
    bool InFlightReadable, IReadOnlyList<HookAttempt> Tried, string Result, string? Reason)
{
    /// <summary>Whether a connection that existed before its address became of interest was taken up.</summary>
    public bool AdoptsConnections { get; init; }

    /// <summary>Whether the calls of an HTTP/2 connection were measured; the tracing hooks cannot.</summary>
    public bool MeasuresHttp2 { get; init; }

    /// <summary>"given" where the connect hooks of routing Kernel work; else why they do not.</summary>
    public string Connects { get; init; } = "";

    /// <summary>"followed" where idle connections can be closed; else why they cannot.</summary>
    public string Closes { get; init; } = "";

    /// <summary>The walk over connections that are older than the interest in them; null when none works or is needed.</summary>
    public string? Walk { get; init; }
}

/// <summary>Source-generated JSON of the self-test.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SelfTestReport))]
internal sealed partial class SelfTestJson : JsonSerializerContext;

/// <summary>
/// <c>selftest [--requests N] [--hooks NAME,NAME]</c>: measures N requests on loopback with the hooks that the agent would choose (or the
/// best of those named), prints one line of JSON and exits with 0 when the count is exact or the loss is known, 1 when not, 2 when
/// the kernel cannot be used.
/// </summary>
public static class SelfTestCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan InFlightLimit = TimeSpan.FromSeconds(5);
    private static readonly SelfTestJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Runs the command and returns its exit code.</summary>
    public static int Run(string[] args)
    {
        var requests = int.TryParse(Option(args, "--requests"), out var n) && n > 0 ? n : 1000;
        // Measuring first: libbpf names a limit that is too low once in a process, and that sentence belongs to the first who meets it.
        var measured = Measure(requests, Option(args, "--hooks")?.Split(','));
        var (connects, closes) = ConnectCheck.Run();
        var report = measured with { Connects = connects, Closes = closes };
        Console.Out.WriteLine(JsonSerializer.Serialize(report, Json.SelfTestReport));
        return report.Result switch { "exact" or "known loss" => 0, "unavailable" => 2, _ => 1 };
    }

    internal static SelfTestReport Measure(int requests, IReadOnlyList<string>? hooks, Assembly? programs = null)
    {
        var kernel = KernelRelease();
        var options = new KernelCountersOptions
        {
            Hooks = hooks,
            MeasureLoopback = true,
            Programs = programs ?? typeof(SelfTestCommand).Assembly,
        };
        try
        {
            using var counters = KernelCounters.Open(options, NullLogger.Instance);
            var before = counters.Health();
            var test = KernelSelfTest.Run(counters, requests, Limit);
            var inFlight = KernelSelfTest.ShowsInFlight(counters, InFlightLimit);
            var health = counters.Health();
            var lost = test.Made - test.Counted;
            var reported = health.KnownLoss - before.KnownLoss;
            var result = test.Exact ? "exact" : test.Failure is null && lost > 0 && reported >= lost ? "known loss" : "unknown loss";
            return new SelfTestReport(
                kernel, counters.Hooks, test.Made, test.Counted, lost, reported, health.RecursionMisses, inFlight, health.Tried, result,
                test.Failure)
            {
                AdoptsConnections = KernelSelfTest.Adopts(counters),
                MeasuresHttp2 = Http2SelfTest.IsMeasured(counters),
                Walk = health.Walk,
            };
        }
        catch (BpfUnavailableException e)
        {
            return new SelfTestReport(kernel, null, 0, 0, 0, 0, 0, false, e.Tried, "unavailable", e.Message);
        }
    }

    internal static string KernelRelease() =>
        File.Exists("/proc/sys/kernel/osrelease") ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim()
            : Environment.OSVersion.VersionString;

    private static string? Option(string[] args, string name)
    {
        var index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
    }
}
