namespace Aviator.Agent.Engines;

/// <summary>A figure of an engine's metrics: a name and, where the name has rows of several kinds, which of them.</summary>
/// <param name="Name">The metric's name.</param>
/// <param name="Label">The label that tells the kinds apart; null where every row counts.</param>
/// <param name="Value">The label's value in the rows that count. An empty one is that of rows without the label, as in Prometheus.</param>
internal sealed record EngineGauge(string Name, string? Label = null, string Value = "");
