using System.Text;

namespace Aviator.Controller.Collection;

/// <summary>
/// The token that the agents are shown, from a file that the kubelet rewrites before the token expires. Read again every few seconds: a
/// watch on the file would have to follow the links that the kubelet swaps.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="time">The clock.</param>
internal sealed class AgentToken(string path, TimeProvider time)
{
    /// <summary>How long what was read is used.</summary>
    public static readonly TimeSpan UseFor = TimeSpan.FromSeconds(5);

    /// <summary>Longest file taken, in bytes; tokens of service accounts have about a thousand.</summary>
    private const int Longest = 16 * 1024;

    private readonly Lock _lock = new();
    private string? _token;
    private long _readAt;

    /// <summary>The token as of the last few seconds.</summary>
    /// <exception cref="AgentUnavailableException">The file cannot be read, or holds no token.</exception>
    public string Read()
    {
        lock (_lock)
        {
            if (_token is not null && time.GetElapsedTime(_readAt) < UseFor) return _token;
            (_token, _readAt) = (null, time.GetTimestamp());
            return _token = Load();
        }
    }

    /// <summary>The token that replaced one which was refused; null when the file still holds the same.</summary>
    /// <exception cref="AgentUnavailableException">The file cannot be read, or holds no token.</exception>
    public string? Newer(string refused)
    {
        lock (_lock)
        {
            if (_token != refused) return _token ?? Read();
            (_token, _readAt) = (Load(), time.GetTimestamp());
            return _token == refused ? null : _token;
        }
    }

    private string Load()
    {
        string text;
        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[Longest + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > Longest)
                throw new AgentUnavailableException($"Aviator:AgentTokenFile: {path} has over {Longest} bytes, so it holds no token");
            text = Encoding.UTF8.GetString(buffer, 0, length).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new AgentUnavailableException($"Aviator:AgentTokenFile: {path} cannot be read: {fault.Message}", fault);
        }

        // What is no header value would be quoted, token included, by the code that refuses it.
        return text.Length > 0 && text.All(char.IsAscii) && !text.Any(char.IsWhiteSpace) && !text.Any(char.IsControl)
            ? text
            : throw new AgentUnavailableException(
                $"Aviator:AgentTokenFile: {path} holds no token: it must be one word of ASCII characters");
    }
}
