using Aviator.Agent.Counters;
using Aviator.Agent.Interest;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Probing;

/// <summary>What the probes of each endpoint found. Holds planned endpoints only. Safe for any number of writers and readers.</summary>
internal sealed class ProbeLedger(TimeProvider time)
{
    /// <summary>How many of the last outcomes are kept.</summary>
    public const int RecentOutcomes = 16;

    private const int RecentSlots = 128;
    private readonly Lock _gate = new();
    private readonly long _origin = time.GetTimestamp();
    private readonly Dictionary<EndpointAddress, Track> _tracks = [];

    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>Forgets every endpoint that <paramref name="plan"/> does not probe, or that is another pod now.</summary>
    public void Retain(InterestPlan plan)
    {
        lock (_gate)
        {
            var planned = plan.Endpoints.Where(endpoint => endpoint.Probe is not null)
                .ToDictionary(endpoint => endpoint.Key, endpoint => endpoint.PodUid);
            foreach (var (key, track) in _tracks)
                if (planned.GetValueOrDefault(key) != track.PodUid)
                    _tracks.Remove(key);
        }
    }

    /// <summary>Books an outcome.</summary>
    public void Record(EndpointInterest endpoint, ProbeOutcome outcome)
    {
        lock (_gate)
        {
            if (!_tracks.TryGetValue(endpoint.Key, out var track) || track.PodUid != endpoint.PodUid)
                _tracks[endpoint.Key] = track = new Track(endpoint.PodUid, Now);
            track.Add(outcome, Now);
        }
    }

    /// <summary>The endpoint's probes so far and their last seconds; null when it was never probed.</summary>
    public (ProbeReport Report, WindowSummary Recent)? Read(EndpointInterest endpoint)
    {
        lock (_gate)
            return _tracks.TryGetValue(endpoint.Key, out var track) && track.PodUid == endpoint.PodUid ? track.Read(Now) : null;
    }

    private sealed class Track(string podUid, TimeSpan since)
    {
        private readonly long[] _counts = new long[HistogramLayout.BucketCount];
        private readonly LinkedList<double?> _recent = new();
        private readonly RecentWindow _window = new(TrafficLedger.RecentSpan, TimeSpan.Zero, RecentSlots);
        private long _failures;
        private TimeSpan _ended;

        public string PodUid => podUid;

        public void Add(ProbeOutcome outcome, TimeSpan now)
        {
            var answered = outcome.Result == ProbeResult.Answered;
            if (answered) _counts[HistogramLayout.IndexOf(outcome.Latency.Ticks * TimeSpan.NanosecondsPerTick)]++;
            else _failures++;
            _window.Add(answered ? outcome.Latency : null, now);
            _recent.AddFirst(answered ? Math.Round(outcome.Latency.TotalSeconds, 6) : null);
            if (_recent.Count > RecentOutcomes) _recent.RemoveLast();
            _ended = now;
        }

        public (ProbeReport, WindowSummary) Read(TimeSpan now)
        {
            var report = new ProbeReport
            {
                Latency = LatencyHistogram.FromCounts(_counts),
                Failures = _failures,
                LastSeconds = _recent.First?.Value,
                RecentSeconds = [.. _recent],
                AgeSeconds = Math.Round((now - _ended).TotalSeconds, 3),
            };
            return (report, _window.Summarise(now, now - since));
        }
    }
}
