namespace Aviator.Cli.Check;

/// <summary>How bad a finding is.</summary>
internal enum Level
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Aviator works, with less than it could do; or it could not be looked at.</summary>
    Warn,

    /// <summary>Aviator does not work, or would not.</summary>
    Fail,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Level">How bad it is.</param>
/// <param name="Subject">What was looked at, in a word or two.</param>
/// <param name="Sentence">What was found.</param>
/// <param name="Fix">What to do; null where there is nothing to do.</param>
/// <param name="Link">Where to read more: a page under docs/; null where there is none.</param>
internal sealed record Finding(Level Level, string Subject, string Sentence, string? Fix = null, string? Link = null)
{
    /// <summary>As it should be.</summary>
    public static Finding Ok(string subject, string sentence) => new(Level.Ok, subject, sentence);

    /// <summary>Works with less than it could do.</summary>
    public static Finding Warn(string subject, string sentence, string? fix, string? link) =>
        new(Level.Warn, subject, sentence, fix, Output.DocsLink.Of(link ?? "README.md"));

    /// <summary>Does not work.</summary>
    public static Finding Fail(string subject, string sentence, string fix, string link) =>
        new(Level.Fail, subject, sentence, fix, Output.DocsLink.Of(link));
}
