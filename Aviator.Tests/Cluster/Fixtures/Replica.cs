using System.Globalization;
using System.Text.RegularExpressions;
using Aviator.Tests.Tooling.Processes;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>Its own controller or watchdog port, beside others.</summary>
/// <param name="process">The process.</param>
/// <param name="address">Where its health and metrics are.</param>
internal sealed partial class Replica(ChildProcess process, Uri address) : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public ChildProcess Process => process;

    /// <summary>Where its health and metrics are.</summary>
    public Uri Address => address;

    /// <summary>The sum of a metric's series whose labels contain <paramref name="labels"/>; 0 when there are none.</summary>
    public async Task<double> MetricAsync(string name, string labels, CancellationToken stop)
    {
        var text = await Http.GetStringAsync(new Uri(address, "/metrics"), stop);
        return Series().Matches(text).Where(series =>
            series.Groups["name"].Value == name && series.Groups["labels"].Value.Contains(labels, StringComparison.Ordinal))
            .Sum(series => double.Parse(series.Groups["value"].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>Whether it leads.</summary>
    public async Task<bool> LeadsAsync(CancellationToken stop) => !process.HasExited && await MetricAsync("aviator_leader", "", stop) == 1;

    /// <summary>Requests to the API server that could change something.</summary>
    public async Task<double> WritesAsync(CancellationToken stop) =>
        await MetricAsync("aviator_kubernetes_requests_total", "", stop) - await MetricAsync("aviator_kubernetes_requests_total",
            "method=\"GET\"", stop);

    public ValueTask DisposeAsync()
    {
        process.Send(Signal.Continue);
        return process.DisposeAsync();
    }

    [GeneratedRegex("""^(?<name>[a-z_]+)(?<labels>\{[^}]*\})? (?<value>\S+)( \d+)?$""", RegexOptions.Multiline)]
    private static partial Regex Series();
}
