using Aviator.Agent.Bpf;

namespace Aviator.Agent.Sources;

/// <summary>The kernel source's account of itself, asked at most once per second, however many instruments read it.</summary>
internal sealed class KernelStanding(MeasurementSource source, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private KernelHealth? _health;
    private long _asked;

    /// <summary>What it says; null where the probe is the source. While the kernel refuses the question, the last answer.</summary>
    public KernelHealth? Health
    {
        get
        {
            if (source.Counters is not { } counters) return null;
            lock (_gate)
            {
                if (_health is not null && time.GetElapsedTime(_asked) < Lifetime) return _health;
                _asked = time.GetTimestamp();
                try
                {
                    return _health = counters.Health();
                }
                catch (InvalidOperationException) when (_health is not null)
                {
                    return _health;
                }
            }
        }
    }
}
