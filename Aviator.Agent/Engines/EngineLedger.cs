using Aviator.Agent.Interest;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Engines;

/// <summary>The last sample of each engine. Holds planned endpoints only. Safe for any number of writers and readers.</summary>
internal sealed class EngineLedger(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<EndpointAddress, (string PodUid, EngineSample Sample, long At)> _samples = [];

    /// <summary>Forgets every endpoint whose engine <paramref name="plan"/> does not ask, or that is another pod now.</summary>
    public void Retain(InterestPlan plan)
    {
        var planned = plan.Endpoints.Where(endpoint => endpoint.Engine is not null)
            .ToDictionary(endpoint => endpoint.Key, endpoint => endpoint.PodUid);
        lock (_gate)
        {
            foreach (var (key, kept) in _samples)
                if (planned.GetValueOrDefault(key) != kept.PodUid)
                    _samples.Remove(key);
        }
    }

    /// <summary>Books a sample, in place of the one before.</summary>
    public void Record(EndpointInterest endpoint, EngineSample sample)
    {
        lock (_gate) _samples[endpoint.Key] = (endpoint.PodUid, sample, time.GetTimestamp());
    }

    /// <summary>The endpoint's last sample; null when there is none, or when it is too old to say anything.</summary>
    public EngineReport? Read(EndpointInterest endpoint)
    {
        lock (_gate)
        {
            if (!_samples.TryGetValue(endpoint.Key, out var kept) || kept.PodUid != endpoint.PodUid) return null;
            var age = time.GetElapsedTime(kept.At);
            if (age > EngineReport.GoodFor) return null;
            return new EngineReport
            {
                Waiting = kept.Sample.Waiting,
                CacheUse = kept.Sample.CacheUse is { } use ? Math.Round(use, 4) : null,
                AgeSeconds = Math.Round(age.TotalSeconds, 3),
            };
        }
    }
}
