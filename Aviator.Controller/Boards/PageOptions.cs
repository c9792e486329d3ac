using Aviator.Core.Boards;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Boards;

/// <summary>The live page; section <c>Aviator:Page</c>.</summary>
internal sealed class PageOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Aviator:Page";

    /// <summary>Whether the page and its JSON are served, on the loopback address only.</summary>
    public bool Enabled { get; set; }

    /// <summary>The port, 1 to 65535.</summary>
    public int Port { get; set; } = BoardAddress.DefaultPort;
}

/// <summary>Checks the settings.</summary>
internal sealed class PageOptionsValidator : IValidateOptions<PageOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, PageOptions options) => options.Enabled && options.Port is < 1 or > 65535
        ? ValidateOptionsResult.Fail($"{PageOptions.Section}:Port: {options.Port} is not 1 to 65535")
        : ValidateOptionsResult.Success;
}
