namespace Aviator.Agent.Steering;

/// <summary>An order that is not carried out.</summary>
/// <param name="status">The HTTP status of the refusal: 400 for what it says, 403 for who sends it, 409 for when it comes.</param>
/// <param name="path">The field that is wrong, as a path such as <c>services[0].ports[1].port</c>; empty for the whole order.</param>
/// <param name="reason">What is wrong with it, as a sentence's end; of the whole order as a sentence.</param>
internal sealed class OrderRefusedException(int status, string path, string reason)
    : Exception(path.Length == 0 ? reason : $"{path} {reason}")
{
    /// <summary>The HTTP status of the refusal.</summary>
    public int Status { get; } = status;

    /// <summary>The field that is wrong; empty for the whole order.</summary>
    public string Field { get; } = path;
}
