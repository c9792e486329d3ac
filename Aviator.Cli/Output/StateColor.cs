namespace Aviator.Cli.Output;

/// <summary>The colour of an endpoint's state.</summary>
internal static class StateColor
{
    /// <summary>Red for what gets no traffic, yellow for what is on trial, green for what is in use.</summary>
    public static string Of(string? state) => state switch
    {
        "Ejected" => "red",
        "Unselected" or "Dormant" => "orange3",
        "Trial" or "New" => "yellow",
        "Selected" => "green",
        _ => "default",
    };
}
