using Steward.Client;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Gateway.Access;

/// <summary>Marks operations that need a caller.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsCallerAttribute : Attribute;

/// <summary>Who makes the request, and what may be done in that name.</summary>
internal sealed record Caller(CallerIdentity Identity, IStewardUserClient Client)
{
    /// <summary>The caller of a request whose endpoint needs one.</summary>
    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The endpoint is not marked as needing a caller.");
}

/// <summary>Lets nobody unknown reach an operation that needs a caller, and nobody too often.</summary>
internal sealed class CallerMiddleware(RequestDelegate next, CredentialVerifier verifier, UserAdmission admission, IStewardClient client)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<NeedsCallerAttribute>() is null ? next(context) : InvokeForCallerAsync(context);

    private async Task InvokeForCallerAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || value.Length == Scheme.Length)
        {
            throw new StewardException(ErrorCodes.Unauthenticated, "Send the header Authorization: Bearer followed by an API key or access token.") { Field = "Authorization" };
        }

        var (identity, refusal) = await verifier.VerifyAsync(value[Scheme.Length..].Trim(), context.RequestAborted);
        if (identity is null)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"steward\", error=\"invalid_token\"";
            throw new StewardException(ErrorCodes.Unauthenticated, refusal ?? "The credentials are not valid.") { Field = "Authorization" };
        }

        admission.AdmitRequest(identity);
        context.Features.Set(new Caller(identity, client.For(identity)));
        await next(context);
    }
}
