using Microsoft.Extensions.Time.Testing;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>
/// Runs something that works in steps with pauses between them, on a clock that the test moves: a step begins when its time has come, and
/// the clock stands still until the step waits for time itself.
/// </summary>
internal sealed class Stepper(FakeTimeProvider time, Func<CancellationToken, Task<TimeSpan>> step, Func<Task> ring, CancellationToken stop)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private readonly long _start = time.GetTimestamp();
    private Task<TimeSpan>? _step;
    private Task _ring = Task.CompletedTask;
    private TimeSpan _due;

    /// <summary>A stopped process does nothing until it continues.</summary>
    public bool Stopped { get; set; }

    /// <summary>Moves the clock by a tick and lets all do what is due.</summary>
    public static async Task TickAsync(FakeTimeProvider time, IEnumerable<Stepper> steppers)
    {
        time.Advance(Tick);
        foreach (var stepper in steppers) await stepper.RunDueAsync();
    }

    private async Task RunDueAsync()
    {
        while (!Stopped)
        {
            var now = time.GetElapsedTime(_start);
            if (_step is null)
            {
                if (now < _due && !_ring.IsCompleted) return;
                _ring = ring();
                _step = step(stop);
            }

            // A request that hangs waits for the clock, which only the test moves: after a moment it is taken to wait.
            if (await Task.WhenAny(_step, Task.Delay(TimeSpan.FromMilliseconds(20), stop)) != _step) return;
            _due = now + await _step;
            _step = null;
        }
    }
}
