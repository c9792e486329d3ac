using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Aviator.Tests.Tooling.Processes;
using Microsoft.Win32.SafeHandles;

namespace Aviator.Tests.Bpf;

/// <summary>The test's own network namespace, with loopback up: rules and settings in it reach nothing outside. Needs root.</summary>
internal sealed partial class TestNetwork : IDisposable
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private readonly string _name = $"aviator-test-{Guid.NewGuid():N}"[..24];

    internal TestNetwork()
    {
        Command.Run("ip", "netns", "add", _name);
        Inside("ip", "link", "set", "lo", "up");
    }

    /// <summary>The file that stands for the namespace.</summary>
    internal string Path => $"/var/run/netns/{_name}";

    /// <summary>Runs a command inside and fails with what it says.</summary>
    internal void Inside(params string[] command) => Command.Run("nsenter", [$"--net={Path}", .. command]);

    /// <summary>
    /// Runs <paramref name="action"/> on a thread inside. Sockets that it creates stay inside, no matter which thread uses them later.
    /// </summary>
    internal T Run<T>(Func<T> action)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle(Path);
                if (SetNamespace(file, NewNetwork) != 0)
                    throw new InvalidOperationException($"setns: {Marshal.GetLastPInvokeErrorMessage()}");
                result = action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    internal void Run(Action action) => Run(() =>
    {
        action();
        return 0;
    });

    public void Dispose() => Command.Run("ip", "netns", "delete", _name);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int type);
}
