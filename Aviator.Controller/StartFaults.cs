using Aviator.Kubernetes;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Aviator.Controller;

/// <summary>Puts what can be wrong with the settings into sentences that a user can act on.</summary>
internal static class StartFaults
{
    /// <summary>One sentence for each fault; empty for a fault that is the program's own.</summary>
    public static IReadOnlyList<string> Explain(Exception fault) => fault switch
    {
        OptionsValidationException options => [.. options.Failures],
        NoClusterException => [fault.Message],
        InvalidOperationException { InnerException: FormatException inner } => [$"{fault.Message.TrimEnd('.')}: {inner.Message}"],
        IOException { InnerException: AddressInUseException } =>
            [$"{fault.Message} Another program has the port; choose one by --urls http://*:PORT."],
        _ => [],
    };
}
