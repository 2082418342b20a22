import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { createdIdOf } from '../../../commands/application/command-id.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { amountText, moneyOf } from '../../../money/money.ts';
import { CancelTitle } from '../../application/cancel-title.handler.ts';
import { ListTitle } from '../../application/list-title.handler.ts';
import { PublishPriceBook } from '../../application/publish-price-book.handler.ts';
import type { PriceBookPublished } from '../../domain/catalog.events.ts';
import { CancelTitleBody, PriceBookBody, TitleBody } from './catalog.bodies.ts';

@CommandRoute('catalog')
@Controller('v1')
export class CatalogController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({ summary: 'Publishes a new price book.' })
  @Post('price-books')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async publish(@Asked() asked: CommandRequest, @Body() body: PriceBookBody, @Res({ passthrough: true }) reply: FastifyReply) {
    const envelope = asked.envelope('PublishPriceBook', body);
    const id = createdIdOf(envelope.commandId, 'pbk_');
    const outcome = await this.#commands.execute(new PublishPriceBook(envelope, { intent: 'create', published: publishedOf(id, body) }));
    return answerCommand(reply, outcome, { id });
  }

  @ApiOperation({ summary: 'Publishes a new version of a price book; what was charged by an earlier version stays as it is.' })
  @Post('price-books/:priceBook/versions')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async revise(
    @Asked() asked: CommandRequest,
    @Param('priceBook') path: string,
    @Body() body: PriceBookBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = pathId(path, 'pbk_', 'price_book_not_found');
    const envelope = asked.envelope('PublishPriceBook', body, id);
    const outcome = await this.#commands.execute(new PublishPriceBook(envelope, { intent: 'revise', published: publishedOf(id, body) }));
    return answerCommand(reply, outcome, { id });
  }

  @ApiOperation({ summary: 'Lists a pay-per-view title.' })
  @Post('titles')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async list(@Asked() asked: CommandRequest, @Body() body: TitleBody, @Res({ passthrough: true }) reply: FastifyReply) {
    const envelope = asked.envelope('ListTitle', body);
    const id = createdIdOf(envelope.commandId, 'ttl_');
    const { name, currency, onSaleFrom, onSaleUntil, startsAt, endsAt, graceMinutes = '0' } = body;
    const price = amountText(moneyOf(body.price, currency));
    const listed = { title: id, name, price, currency, onSaleFrom, onSaleUntil, startsAt, endsAt, graceMinutes };
    const outcome = await this.#commands.execute(new ListTitle(envelope, listed));
    return answerCommand(reply, outcome, { id });
  }

  @ApiOperation({
    summary: 'Calls the event of a title off, for good. Nobody buys it any more, and every buyer gets the money back as it was paid.',
  })
  @Post('titles/:title/cancellation')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async cancel(
    @Asked() asked: CommandRequest,
    @Param('title') path: string,
    @Body() body: CancelTitleBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = pathId(path, 'ttl_', 'title_not_found');
    const envelope = asked.envelope('CancelTitle', body, id);
    const outcome = await this.#commands.execute(new CancelTitle(envelope, { title: id, reason: body.reason }));
    return answerCommand(reply, outcome, { id });
  }
}

function publishedOf(id: string, { name, currency, rounding, decimals, bands }: PriceBookBody): PriceBookPublished {
  const plainBands = bands.map(({ band, product, unit, rate }) => ({ band, product, unit, rate }));
  return { priceBook: id, name, currency, rounding, decimals, bands: plainBands };
}
