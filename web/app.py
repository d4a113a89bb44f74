"""Where the site is put together: parts, middleware, addresses, error pages."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Lifespan

from matcher.config import Config
from matcher.domain.introductions import NotAllowed
from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.mail.dkim import seal_of
from matcher.storage.database import Busy, Database, Unreachable
from matcher.workflow.signing import LinkSigner
from web import errors
from web.access import routes_of
from web.headers import SecurityHeaders
from web.origin import OnlyThisSite
from web.routes import table
from web.static_files import StaticFiles
from web.templating import environment
from web.visit import Site


class SiteApp(Starlette):
    """Starlette with the security headers outside everything, so that errors carry them too."""

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's stack, wrapped."""
        return SecurityHeaders(super().build_middleware_stack(), https=self.state.site.secure)


def create_app(
    config: Config | None = None,
    *,
    database: Database | None = None,
    vocabulary: Vocabulary | None = None,
    clock: Callable[[], datetime] | None = None,
    lifespan: Lifespan[Starlette] | None = None,
) -> SiteApp:
    """The site of this configuration; without one, of the environment's (`uvicorn --factory web.app:create_app`).

    `database`, `vocabulary` and `clock` may be handed in by whoever has them already. The schema must be in place.
    Raises UnsafeConfiguration where the options must not go into service.
    """
    config = (config or Config.from_environment(os.environ)).check()
    words = vocabulary or (Vocabulary.load(Path(config.vocabulary)) if config.vocabulary else default_vocabulary())
    base = database or Database(config.database, secrets=config.secrets)
    static = StaticFiles()
    origin = config.origin.rstrip("/")
    site = Site(
        database=base,
        vocabulary=words,
        links=Links(
            origin,
            LinkSigner(*config.secrets),
            config.programme,
            config.mail_from,
            config.bounce_address,
            config.mail_from_lists,
            seal_of(config.dkim_selector, config.dkim_key),
        ),
        origin=origin,
        programme=config.programme,
        language=config.language,
        clock=clock or base.now,
        templates=environment(words, static),
        mailbox=mail_folder(config) if config.demo else None,
        trusted_proxy=config.trusted_proxy,
        secrets=config.secrets,
        bounce_secret=config.bounce_secret,
    )
    addresses = table(mailbox=site.mailbox is not None)
    exempt = [address.pattern for address in addresses if address.from_anywhere]
    app = SiteApp(
        routes=routes_of(addresses),
        middleware=[Middleware(OnlyThisSite, origin=origin, exempt=exempt, refuse=errors.http_error)],
        exception_handlers={
            HTTPException: errors.http_error,
            NotAllowed: errors.refused,
            Busy: errors.busy,
            Unreachable: errors.busy,
            Exception: errors.crash,
        },
        lifespan=lifespan,
    )
    # It would put the Host header of the request into a Location.
    app.router.redirect_slashes = False
    app.state.site = site
    app.state.static = static
    app.state.addresses = addresses
    return app


def mail_folder(config: Config) -> Path | None:
    """The folder that `folder:PATH` mail is carried to; None when mail really leaves."""
    return Path(config.mail.removeprefix("folder:")) if config.mail.startswith("folder:") else None
