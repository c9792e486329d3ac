using System.Net;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>One way from the clients to the pods, and what was measured of it, repetition by repetition.</summary>
/// <param name="Name">As the table says it.</param>
/// <param name="Target">Where the clients connect to.</param>
/// <param name="Added">The programs that run for it alone; what the nodes' kernels and the pods do is not in their time.</param>
internal sealed record Arm(string Name, IPEndPoint Target, IReadOnlyList<ChildProcess> Added)
{
    private readonly List<TrafficSnapshot> _runs = [];
    private double _processorSeconds;

    /// <summary>All repetitions.</summary>
    public IReadOnlyList<TrafficSnapshot> Runs => _runs;

    /// <summary>Requests of all repetitions.</summary>
    public int Requests => _runs.Sum(run => run.Count);

    /// <summary>Seconds of processor time of <see cref="Added"/> per 1,000 requests.</summary>
    public double ProcessorSecondsPerThousand => _processorSeconds / Requests * 1000;

    /// <summary>Sends requests for so long, and keeps what became of them.</summary>
    public async Task RunAsync(double requestsPerSecond, TimeSpan duration, CancellationToken stop)
    {
        var before = Added.Sum(ProcessUse.ProcessorSeconds);
        await using var traffic = TrafficGenerator.Start(
            new() { Target = Target, RequestsPerSecond = requestsPerSecond, MaxDuration = duration });
        await Task.Delay(duration, stop);
        _runs.Add(await traffic.StopAsync());
        _processorSeconds += Added.Sum(ProcessUse.ProcessorSeconds) - before;
    }

    /// <summary>The median over the repetitions, with the lowest and the highest of them.</summary>
    public (double Median, double Low, double High) Over(Func<TrafficSnapshot, double> figure)
    {
        var figures = _runs.Select(figure).Order().ToArray();
        return (figures[figures.Length / 2], figures[0], figures[^1]);
    }
}
