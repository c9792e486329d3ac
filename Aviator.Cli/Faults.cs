using System.Net.Sockets;
using System.Text.Json;
using Aviator.Controller;
using Aviator.Kubernetes;

namespace Aviator.Cli;

/// <summary>Puts what can go wrong on the way to an answer into sentences that a person can act on; never a stack trace.</summary>
internal static class Faults
{
    /// <summary>The sentence, and what the process ends with; null for a fault that is the program's own.</summary>
    public static (string Message, int Code)? Explain(Exception fault) => fault switch
    {
        CliException own => (own.Message, own.Code),
        NoClusterException => ($"{fault.Message} Or give --kubeconfig FILE.", ExitCode.NoAccess),
        ApiException { IsForbidden: true } refused =>
            ($"The server refused: {refused.Message.TrimEnd('.')}. Use an account with that right, by --context or --kubeconfig.",
            ExitCode.NoAccess),
        ApiException refused => ($"The server refused: {refused.Message.TrimEnd('.')}.", ExitCode.Finding),
        HttpRequestException { InnerException: SocketException inner } =>
            ($"The API server cannot be reached ({inner.Message}). Check the kubeconfig's server, or choose another by --context.",
            ExitCode.NoAccess),
        HttpRequestException =>
            ($"The API server cannot be reached ({Innermost(fault).Message.TrimEnd('.')}). Check the kubeconfig, or choose another by "
                + "--context.",
            ExitCode.NoAccess),
        TimeoutException => ($"{fault.Message.TrimEnd('.')}. Is the cluster up, and the way to it open?", ExitCode.NoAccess),
        IOException => ($"The connection to the API server broke ({Innermost(fault).Message.TrimEnd('.')}). Try again.", ExitCode.NoAccess),
        NotSupportedException => (fault.Message, ExitCode.Finding),
        JsonException => ("What answered is no Kubernetes API server. Check the kubeconfig's server.", ExitCode.NoAccess),
        _ when StartFaults.Explain(fault) is { Count: > 0 } sentences => (string.Join(' ', sentences), ExitCode.NoAccess),
        _ => null,
    };

    private static Exception Innermost(Exception fault) => fault.InnerException is { } inner ? Innermost(inner) : fault;
}
