using Aviator.Agent.Bpf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aviator.Agent.Steering;

/// <summary>Whether this kernel carries the connect hooks, tried on a table of its own beside a running agent's.</summary>
internal static class ConnectCheck
{
    /// <summary>What <see cref="Run"/> says of a kernel that does.</summary>
    internal const string Given = "given";

    /// <summary>What <see cref="Run"/> says of a kernel on which idle connections can be closed.</summary>
    internal const string Followed = "followed";

    /// <summary>Small: the check is of the kernel, not of its memory.</summary>
    private const int Entries = 16;

    /// <summary>Loads and attaches the hooks, makes a connect, and takes all out again.</summary>
    /// <returns>
    /// <see cref="Given"/>, or a sentence that says why not; and <see cref="Followed"/>, or why idle connections cannot be closed.
    /// </returns>
    internal static (string Connects, string Closes) Run()
    {
        var options = new ConnectTableOptions
        {
            PinDirectory = $"{ConnectTableOptions.DefaultPinDirectory}-check-{Environment.ProcessId}",
            MaxServices = Entries,
            MaxEndpoints = Entries,
        };
        try
        {
            using var table = ConnectTable.Open(options, NullLogger.Instance);
            var given = table.IsGiving();
            var followed = Follow(table);
            table.Remove();
            return (given ? Given : "The hooks are attached, and a connect was not given.", followed);
        }
        catch (BpfUnavailableException e)
        {
            return (e.Message, e.Message);
        }
        catch (LibBpfException e)
        {
            var reason = $"The kernel refused what it was asked after the hooks were attached: {e.Message}.";
            return (reason, reason);
        }
    }

    private static string Follow(ConnectTable table)
    {
        try
        {
            using var connections = table.FollowConnections();
            connections.Find();
            return Followed;
        }
        catch (BpfUnavailableException e)
        {
            return e.Message;
        }
    }
}
