using System.Collections.Concurrent;
using Aviator.Controller.Collection;
using Aviator.Core.Measurement;

namespace Aviator.Tests.Fixtures;

/// <summary>A shared store that covers the nodes, and has the fault, that the test says.</summary>
internal sealed class SharedStore : ISharedReports
{
    public string? Fault { get; set; }

    public ConcurrentDictionary<string, bool> Nodes { get; } = new();

    public bool Covers(string node) => Nodes.ContainsKey(node);

    public Task RunAsync(Action<NodeReport> sink, Func<TimeSpan> shortestInterval, CancellationToken cancellationToken) =>
        Task.CompletedTask;
}
