using System.Net;
using System.Text.Json.Nodes;
using Aviator.Agent.Interest;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>A pod that may get new connections. Two are equal when they say the same.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Addresses">Its addresses; at least one.</param>
internal sealed record ReadyPod(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>Reads a pod; null for one that is not ready, is being deleted, is over or has no address.</summary>
    public static ReadyPod? Read(ResourceItem<JsonObject> item) =>
        Projections.Pod(item) is { Ready: true } pod ? new(pod.Labels, pod.Addresses) : null;

    /// <summary>Whether a Service with this selector has it.</summary>
    public bool IsOf(IReadOnlyDictionary<string, string> selector) =>
        selector.All(label => Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    /// <inheritdoc/>
    public bool Equals(ReadyPod? other) =>
        other is not null && Addresses.SequenceEqual(other.Addresses) && Labels.Count == other.Labels.Count && other.IsOf(Labels);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Addresses[0], Labels.Count);
}
