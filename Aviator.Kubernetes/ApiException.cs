using System.Net;

namespace Aviator.Kubernetes;

/// <summary>The API server refused a request, or reported an error inside a watch.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="status">The HTTP status, or the code of the Status object.</param>
    /// <param name="reason">The machine-readable reason, such as <c>Conflict</c>; null when the answer carried none.</param>
    /// <param name="message">What the server said.</param>
    public ApiException(HttpStatusCode status, string? reason, string message)
        : base(message)
    {
        Status = status;
        Reason = reason;
    }

    /// <summary>The HTTP status, or the code of the Status object.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The machine-readable reason, such as <c>AlreadyExists</c>.</summary>
    public string? Reason { get; }

    /// <summary>
    /// Longest wait that a server is granted: what it asks for may be meant for others, or a mistake of something in between.
    /// </summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the server asks to wait before the next attempt, <see cref="LongestWait"/> at most; null when it does not say.
    /// </summary>
    public TimeSpan? RetryAfter { get; init => field = value > LongestWait ? LongestWait : value; }

    /// <summary>The server is there and cannot take the request now: it says so, or asks to wait.</summary>
    public bool IsBusy => Status == HttpStatusCode.TooManyRequests || (RetryAfter is not null && (int)Status >= 500);

    /// <summary>
    /// The server will not do it, and to ask again at once is no use: a right is missing, a rule of admission forbids it, or the request is
    /// invalid. A right may be back soon: a server that has just started does not know all of them for some seconds.
    /// </summary>
    public bool IsRefusal => !IsNamespaceTerminating && Status is
        HttpStatusCode.Forbidden or HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.MethodNotAllowed;

    /// <summary>The resourceVersion or continue token asked for is too old: only a new list helps.</summary>
    public bool IsExpired => Status == HttpStatusCode.Gone || Reason is "Expired" or "Gone";

    /// <summary>Another writer was first (a resourceVersion precondition failed), or the object exists already.</summary>
    public bool IsConflict => Status == HttpStatusCode.Conflict;

    /// <summary>The object, or the kind, does not exist.</summary>
    public bool IsNotFound => Status == HttpStatusCode.NotFound;

    /// <summary>The namespace is being deleted: nothing can be created in it any more.</summary>
    public bool IsNamespaceTerminating =>
        Status == HttpStatusCode.Forbidden && Message.Contains("being terminated", StringComparison.Ordinal);

    /// <summary>The rights do not suffice.</summary>
    public bool IsForbidden => Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized;
}
