namespace Aviator.ServiceDefaults;

/// <summary>
/// Keeps an outage to a few log lines: one when it begins, one when its reason changes, one when it is over. Not thread-safe; its owner
/// makes one attempt at a time.
/// </summary>
public sealed class Outage
{
    private string? _reason;

    /// <summary>Failures in a row so far.</summary>
    public int Failures { get; private set; }

    /// <summary>An attempt failed.</summary>
    /// <param name="reason">Why.</param>
    /// <returns>Whether this is to be logged: the first failure, or the first for this reason.</returns>
    public bool Failed(string reason)
    {
        Failures++;
        if (_reason == reason) return false;
        _reason = reason;
        return true;
    }

    /// <summary>An attempt succeeded.</summary>
    /// <returns>The failures in a row that this ended; 0 for none.</returns>
    public int Succeeded()
    {
        var failures = Failures;
        (Failures, _reason) = (0, null);
        return failures;
    }
}
