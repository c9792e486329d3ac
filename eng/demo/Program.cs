using System.Runtime.InteropServices;
using Aviator.Demo;
using Aviator.Demo.Commands;
using Aviator.Demo.Screen;
using Spectre.Console;

// 0: all promises kept. 1: one was not, or something went wrong. 2: bad arguments. 130: ended by Ctrl-C.
const int Failed = 1, BadArguments = 2, Interrupted = 130;
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
var console = AnsiConsole.Console;
try
{
    if (args.Length > 0)
    {
        await DemoCommand.RunAsync(args, Console.Out, stop.Token);
        return 0;
    }

    var options = DemoOptions.FromEnvironment();
    await using var run = new DemoRun(options, new LiveView(console));
    var report = await run.RunAsync(stop.Token);
    var path = Path.Combine(options.Artifacts, "demo.json");
    await report.WriteAsync(path);
    Summary.Print(console, report);
    console.WriteLine($"The figures are in {path}.");
    return report.Faults.Count == 0 ? 0 : Failed;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Interrupted; cleaned up.");
    return Interrupted;
}
catch (ArgumentException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return BadArguments;
}
catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException or HttpRequestException)
{
    Console.Error.WriteLine($"{(args.Length > 0 ? args[0] : "The demo")} failed: {e.Message}");
    return Failed;
}

void End(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
