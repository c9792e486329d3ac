using System.Runtime.ExceptionServices;

namespace Aviator.Tests.Bpf;

/// <summary>Does something again and again on a thread of its own, until it is stopped or fails.</summary>
internal sealed class Meanwhile : IDisposable
{
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _began = new();
    private ExceptionDispatchInfo? _fault;
    private volatile bool _stop;
    private int _rounds;

    /// <summary>Returns when it has been done once.</summary>
    internal Meanwhile(Action action)
    {
        _thread = new Thread(() => Repeat(action));
        _thread.Start();
        _began.Wait(TimeSpan.FromSeconds(10));
    }

    /// <summary>Ends it; throws what it threw.</summary>
    /// <returns>How often it was done.</returns>
    internal int Stop()
    {
        _stop = true;
        _thread.Join();
        _fault?.Throw();
        return _rounds;
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _began.Dispose();
    }

    private void Repeat(Action action)
    {
        try
        {
            while (!_stop)
            {
                action();
                _rounds++;
                _began.Set();
            }
        }
        catch (Exception e)
        {
            _fault = ExceptionDispatchInfo.Capture(e);
            _began.Set();
        }
    }
}
