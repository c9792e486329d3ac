using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aviator.Demo.Report;

/// <summary>The demo's outcome: what <c>artifacts/demo.json</c> holds, and the verdict on it.</summary>
internal sealed record DemoReport
{
    private const double MaxSlowShare = 0.01;
    private const double MaxP99Ratio = 1.5;
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Without Aviator.</summary>
    public required PhaseFigures Before { get; init; }

    /// <summary>Steered, in steady state.</summary>
    public required PhaseFigures After { get; init; }

    /// <summary>Steered, after a fast pod became slow and a slow one fast, in steady state.</summary>
    public required PhaseFigures Shifted { get; init; }

    /// <summary>From the policy's deletion on.</summary>
    public required PhaseFigures Released { get; init; }

    /// <summary>Failed requests of the whole demo.</summary>
    public required int FailedRequests { get; init; }

    /// <summary>From the policy's creation to the first 3 s of traffic with a slow share below 1 %.</summary>
    public required double SteerSeconds { get; init; }

    /// <summary>The same from the moment at which the pods changed their speed.</summary>
    public required double ShiftSeconds { get; init; }

    /// <summary>What the demo promises and did not keep; empty is success.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Faults =>
    [
        .. PhaseFaults("after steering", After),
        .. PhaseFaults("after the shift", Shifted),
        .. FailedRequests == 0 ? Array.Empty<string>() : [$"{FailedRequests} requests failed"],
    ];

    /// <summary>Writes the JSON file.</summary>
    public async Task WriteAsync(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, Json) + "\n");
    }

    private static IEnumerable<string> PhaseFaults(string when, PhaseFigures figures)
    {
        // Written so that a NaN (a phase without answers) is a fault as well.
        if (!(figures.SlowShare < MaxSlowShare))
            yield return $"{when} the slow pods still got {figures.SlowShare:P2} of the requests (below {MaxSlowShare:P0} is promised)";
        if (!(figures.P99Ms <= MaxP99Ratio * figures.FastP99Ms))
            yield return $"{when} p99 is {figures.P99Ms:F1} ms, over {MaxP99Ratio} times the fast pods' own {figures.FastP99Ms:F1} ms";
    }
}
