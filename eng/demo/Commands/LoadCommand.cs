using System.Globalization;
using System.Net;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Traffic;

namespace Aviator.Demo.Commands;

/// <summary>Sends requests through a Service until it is stopped, and reports every few seconds how they fared.</summary>
/// <param name="api">The cluster.</param>
/// <param name="output">Takes a line for each round.</param>
internal sealed class LoadCommand(ClusterApi api, TextWriter output)
{
    /// <summary>A load keeps all that it measured, so an endless one is a chain of short ones.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <param name="ns">The Service's namespace.</param>
    /// <param name="service">Its name.</param>
    /// <param name="rate">Requests per second, each on a new connection.</param>
    /// <param name="stop">The end.</param>
    public async Task RunAsync(string ns, string service, double rate, CancellationToken stop)
    {
        var target = await TargetAsync(ns, service, stop);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rate:0.#} requests a second to {target}"));
        var telling = Task.CompletedTask;
        while (!stop.IsCancellationRequested)
        {
            var round = TrafficGenerator.Start(new() { Target = target, RequestsPerSecond = rate });
            using (var timer = new PeriodicTimer(Round))
            {
                try
                {
                    await timer.WaitForNextTickAsync(stop);
                }
                catch (OperationCanceledException)
                {
                    // The end: the round under way is reported as well.
                }
            }

            // The next round starts while the last answers of this one come in; each has its own limit.
            await telling;
            telling = TellAsync(round);
        }

        await telling;
    }

    private async Task TellAsync(TrafficGenerator round)
    {
        await using (round)
        {
            var all = await round.StopAsync();
            var shares = all.ByPod.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} {p.Value}");
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{all.Count} requests, {all.DescribeFailures()}; p50 {all.PercentileMs(0.5):0.#} ms, p99 {all.PercentileMs(0.99):0.#} " +
                $"ms; {string.Join(", ", shares)}"));
        }
    }

    private async Task<IPEndPoint> TargetAsync(string ns, string service, CancellationToken stop)
    {
        var found = await api.GetAsync($"api/v1/namespaces/{ns}/services/{service}", stop)
            ?? throw new InvalidOperationException($"There is no Service {ns}/{service}.");
        var spec = found.GetProperty("spec");
        return IPAddress.TryParse(spec.GetProperty("clusterIP").GetString(), out var address)
            ? new(address, spec.GetProperty("ports")[0].GetProperty("port").GetInt32())
            : throw new InvalidOperationException($"Service {ns}/{service} has no ClusterIP.");
    }
}
