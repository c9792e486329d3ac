using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Benchmarks;

/// <summary>
/// What the controller's store holds of each busy endpoint once it holds as many reports as it ever does, and what each report costs on
/// its way in. Each report is read from JSON, so that no object of one is shared with another.
/// </summary>
internal sealed class KeptMemory(int pause)
{
    private const int Nodes = 20, Endpoints = 2000, Reports = 60, Evaluations = 100;

    private static readonly int[] Pauses = [1, 2, 5];

    private readonly GrowingTraffic _traffic = new(Nodes, Endpoints, idleEndpoints: false);
    private WindowStore? _store = new();
    private long _read, _taken;
    private TimeSpan _accepting;

    /// <summary>Prints a line for reports of every second, of every two, and of every five.</summary>
    public static void Print()
    {
        Console.WriteLine($"{Nodes} nodes, {Endpoints} endpoints, {Reports} reports of each node");
        foreach (var pause in Pauses)
        {
            var figures = new KeptMemory(pause);
            figures.Fill(figures._store!);
            var windows = figures.Observe(figures._store!);
            Console.WriteLine(
                $"a report every {pause} s: {figures.Release():n0} bytes kept per endpoint; for each endpoint of a report "
                + $"{figures._read / Reports / Endpoints:n0} bytes allocated to read it, "
                + $"{figures._taken / Reports / Endpoints:n0} bytes and "
                + $"{figures._accepting.TotalMicroseconds / Reports / Endpoints:0.00} µs to take it in; "
                + $"{windows.TotalMicroseconds / Endpoints:0.00} µs to cut an endpoint's windows");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fill(WindowStore store)
    {
        for (var second = 1; second <= Reports * pause; second++)
        {
            var reports = _traffic.Reports(second);
            if (second % pause != 0) continue;
            foreach (var sent in reports.Select(report => JsonSerializer.SerializeToUtf8Bytes(report, MeasurementJson.Default.NodeReport)))
            {
                var start = GC.GetAllocatedBytesForCurrentThread();
                var report = JsonSerializer.Deserialize(sent, MeasurementJson.Default.NodeReport)!;
                var between = GC.GetAllocatedBytesForCurrentThread();
                var clock = Stopwatch.GetTimestamp();
                store.Accept(report, TimeSpan.FromSeconds(second));
                _accepting += Stopwatch.GetElapsedTime(clock);
                (_read, _taken) = (_read + between - start, _taken + GC.GetAllocatedBytesForCurrentThread() - between);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TimeSpan Observe(WindowStore store)
    {
        var (settings, now) = (new PolicySettings(), TimeSpan.FromSeconds(Reports * pause));
        var state = PolicyState.Initial with { LastEvaluation = now - settings.EvaluationInterval };
        var shortest = TimeSpan.MaxValue;
        for (var i = 0; i < Evaluations; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            store.Observe(settings, _traffic.Members, state, now);
            var elapsed = Stopwatch.GetElapsedTime(clock);
            if (elapsed < shortest) shortest = elapsed;
        }

        return shortest;
    }

    private long Release()
    {
        var held = GC.GetTotalMemory(forceFullCollection: true);
        _store = null;
        return (held - GC.GetTotalMemory(forceFullCollection: true)) / Endpoints;
    }
}
