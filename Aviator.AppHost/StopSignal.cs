using System.Runtime.InteropServices;

namespace Aviator.AppHost;

/// <summary>Ctrl-C and SIGTERM: the first asks for an orderly end, a second Ctrl-C for a quick one.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _interrupts;

    /// <summary>Takes the signals from now on.</summary>
    public StopSignal()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, interrupts: Interlocked.Increment(ref _interrupts)));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, interrupts: 0));
    }

    /// <summary>Cancelled when the end was asked for.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Cancelled when it was asked for again.</summary>
    public CancellationToken Hurry => _hurry.Token;

    /// <summary>Asks for the end from within.</summary>
    public void Stop() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
        _hurry.Dispose();
    }

    private void End(PosixSignalContext context, int interrupts)
    {
        context.Cancel = true;
        _stop.Cancel();
        if (interrupts > 1) _hurry.Cancel();
    }
}
