namespace Steward.Client.Http;

/// <summary>Codes of problem details that are no errors inside the cluster.</summary>
public static class WireCodes
{
    /// <summary>The type of the server-sent event that ends a stream with problem details instead of the run's end.</summary>
    public const string ProblemEvent = "problem";

    /// <summary>A message was rejected because the session works on another one; 409.</summary>
    public const string Busy = "busy";

    /// <summary>The path does not exist or not with this method; 404 or 405.</summary>
    public const string NoSuchOperation = "no_such_operation";

    /// <summary>The body is too large; 413.</summary>
    public const string TooLarge = "too_large";

    /// <summary>The body is of a kind that is not understood; 415.</summary>
    public const string UnsupportedMediaType = "unsupported_media_type";

    /// <summary>No kind of answer that the client accepts is offered; 406.</summary>
    public const string NotAcceptable = "not_acceptable";

    /// <summary>The headers are too large; 431.</summary>
    public const string HeadersTooLarge = "headers_too_large";
}
