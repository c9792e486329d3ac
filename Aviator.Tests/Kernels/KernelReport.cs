using System.Text.Json;

namespace Aviator.Tests.Kernels;

/// <summary>artifacts/kernels.json, as eng/kernels/report.jq writes it.</summary>
internal sealed record KernelReport(IReadOnlyList<KernelGuest> Kernels)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static KernelReport Read(string path) => JsonSerializer.Deserialize<KernelReport>(File.ReadAllText(path), Json)!;
}

/// <summary>One kernel's boot.</summary>
/// <param name="Series">As in series.tsv.</param>
/// <param name="Release">What the guest's uname said; null when its init never started.</param>
/// <param name="Ended">Whether the guest came to its end rather than being cut off.</param>
/// <param name="Runs">One a condition.</param>
/// <param name="Console">The end of what the guest printed.</param>
internal sealed record KernelGuest(string Series, string? Release, bool Ended, IReadOnlyList<KernelRun> Runs, string Console)
{
    private const int Lines = 30;

    public string LastLines => string.Join('\n', Console.Split('\n').TakeLast(Lines));
}

/// <summary>One run of the agent's self-test.</summary>
/// <param name="Condition">What had been taken away from the kernel or the process.</param>
/// <param name="Exit">The self-test's exit status; null when the guest ended before it.</param>
/// <param name="Selftest">What it reported; null when it crashed or was cut off.</param>
internal sealed record KernelRun(string Condition, int? Exit, KernelSelfTestLine? Selftest);

/// <summary>
/// The self-test's line of JSON, as people's scripts would read it: not the agent's own type, so a renamed field is noticed.
/// </summary>
internal sealed record KernelSelfTestLine(string Kernel, string? Hooks, int Requests, long Counted, long Lost, long ReportedLoss,
    long RecursionMisses,
    bool InFlightReadable, bool MeasuresHttp2, string? Walk, string Result, string? Reason, string Connects, string Closes);
