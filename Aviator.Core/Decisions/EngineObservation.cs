namespace Aviator.Core.Decisions;

/// <summary>How loaded an endpoint's inference engine is by its own account.</summary>
/// <param name="Waiting">
/// Requests that wait for a place in its batch: the mean of the samples in the window, or of those since the last evaluation if that is
/// less, since a window holds queues that are gone; 0 or more.
/// </param>
/// <param name="CacheUse">Share of its key-value cache in use by the newest sample, 0 to 1; null where the engine does not say.</param>
/// <param name="InFlight">Requests in flight, those that wait in it included: the mean of the window; 0 or more.</param>
public sealed record EngineObservation(double Waiting, double? CacheUse, double InFlight);
